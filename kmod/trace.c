// SPDX-License-Identifier: GPL-2.0
/*
 * trace.c - makes the tracepoints of trace.h.
 *
 * The only file that defines CREATE_TRACE_POINTS.  TRACE_INCLUDE_PATH "." is
 * found because Kbuild compiles the module with -I$(src)/kmod.
 */
#define CREATE_TRACE_POINTS
#include "trace.h"
