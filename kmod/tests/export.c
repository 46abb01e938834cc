// SPDX-License-Identifier: GPL-2.0
/*
 * export.c - what raft_kunit.ko tests of raft.ko.
 *
 * Linked into raft.ko for kernels with KUnit only, so that no file of the module
 * needs to know of the tests, and a production module exports nothing.
 */
#include <linux/export.h>

#include "addr.h"
#include "core/disk.h"
#include "core/frag.h"
#include "core/raft_core.h"
#include "core/slot.h"
#include "core/wire.h"
#include "evict.h"
#include "gather.h"
#include "group.h"
#include "inbox.h"
#include "notice.h"
#include "payload.h"
#include "remote.h"
#include "result.h"
#include "timer.h"
#include "wal_internal.h"

EXPORT_SYMBOL_GPL(raft_size);
EXPORT_SYMBOL_GPL(raft_log_chunk_size);
EXPORT_SYMBOL_GPL(raft_config_check);
EXPORT_SYMBOL_GPL(raft_init);
EXPORT_SYMBOL_GPL(raft_log_begin);
EXPORT_SYMBOL_GPL(raft_log_load);
EXPORT_SYMBOL_GPL(raft_log_pass);
EXPORT_SYMBOL_GPL(raft_evict);
EXPORT_SYMBOL_GPL(raft_start);
EXPORT_SYMBOL_GPL(raft_destroy);
EXPORT_SYMBOL_GPL(raft_log_want);
EXPORT_SYMBOL_GPL(raft_log_give);
EXPORT_SYMBOL_GPL(raft_log_take);
EXPORT_SYMBOL_GPL(raft_log_share);
EXPORT_SYMBOL_GPL(raft_chunks_take);
EXPORT_SYMBOL_GPL(raft_term_at);
EXPORT_SYMBOL_GPL(raft_snapshot_load);
EXPORT_SYMBOL_GPL(raft_snapshot_resume);
EXPORT_SYMBOL_GPL(raft_snapshot_encode);
EXPORT_SYMBOL_GPL(raft_snapshot_encode_bare);
EXPORT_SYMBOL_GPL(raft_snapshot_replayed);
EXPORT_SYMBOL_GPL(raft_replay_size);
EXPORT_SYMBOL_GPL(raft_replay_begin);
EXPORT_SYMBOL_GPL(raft_replay_entry);
EXPORT_SYMBOL_GPL(raft_replay_end);
EXPORT_SYMBOL_GPL(raft_snapshot_check);
EXPORT_SYMBOL_GPL(raft_config_want);
EXPORT_SYMBOL_GPL(raft_config_give);
EXPORT_SYMBOL_GPL(raft_step);
EXPORT_SYMBOL_GPL(raft_reconfigure);
EXPORT_SYMBOL_GPL(raft_entry_at);
EXPORT_SYMBOL_GPL(raft_entry_is_bare);
EXPORT_SYMBOL_GPL(raft_msg_entry);
EXPORT_SYMBOL_GPL(raft_entry_disk_bytes);
EXPORT_SYMBOL_GPL(raft_membership);
EXPORT_SYMBOL_GPL(raft_membership_encode);
EXPORT_SYMBOL_GPL(raft_membership_decode);
EXPORT_SYMBOL_GPL(raft_awaits_commit);
EXPORT_SYMBOL_GPL(raft_status);
EXPORT_SYMBOL_GPL(raft_applied_serial);
EXPORT_SYMBOL_GPL(raft_check);
EXPORT_SYMBOL_GPL(raft_role_name);
EXPORT_SYMBOL_GPL(raft_msg_name);
EXPORT_SYMBOL_GPL(raft_fail_name);

EXPORT_SYMBOL_GPL(raft_wire_begin);
EXPORT_SYMBOL_GPL(raft_wire_add);
EXPORT_SYMBOL_GPL(raft_wire_end);
EXPORT_SYMBOL_GPL(raft_wire_decode);
EXPORT_SYMBOL_GPL(raft_wire_header_bytes);
EXPORT_SYMBOL_GPL(raft_wire_entry_bytes);
EXPORT_SYMBOL_GPL(raft_wire_error_name);

EXPORT_SYMBOL_GPL(raft_frag_count);
EXPORT_SYMBOL_GPL(raft_frag_cut);
EXPORT_SYMBOL_GPL(raft_frag_pack);
EXPORT_SYMBOL_GPL(raft_frag_parse);
EXPORT_SYMBOL_GPL(raft_frag_init);
EXPORT_SYMBOL_GPL(raft_frag_add);
EXPORT_SYMBOL_GPL(raft_frag_ask);
EXPORT_SYMBOL_GPL(raft_frag_lend);
EXPORT_SYMBOL_GPL(raft_frag_take);
EXPORT_SYMBOL_GPL(raft_frag_keep);
EXPORT_SYMBOL_GPL(raft_frag_asked);
EXPORT_SYMBOL_GPL(raft_frag_push);
EXPORT_SYMBOL_GPL(raft_frag_next);
EXPORT_SYMBOL_GPL(raft_frag_pop);

EXPORT_SYMBOL_GPL(raft_inbox_init);
EXPORT_SYMBOL_GPL(raft_inbox_post);
EXPORT_SYMBOL_GPL(raft_inbox_take);
EXPORT_SYMBOL_GPL(raft_inbox_close);
EXPORT_SYMBOL_GPL(raft_reports_init);
EXPORT_SYMBOL_GPL(raft_reports_put);
EXPORT_SYMBOL_GPL(raft_reports_take);

EXPORT_SYMBOL_GPL(raft_gather_init);
EXPORT_SYMBOL_GPL(raft_gather_needs_wake);
EXPORT_SYMBOL_GPL(raft_gather_begin);
EXPORT_SYMBOL_GPL(raft_gather_add);
EXPORT_SYMBOL_GPL(raft_gather_end);

EXPORT_SYMBOL_GPL(raft_timer_init);
EXPORT_SYMBOL_GPL(raft_timer_arm);
EXPORT_SYMBOL_GPL(raft_timer_stop);

EXPORT_SYMBOL_GPL(raft_evict_init);
EXPORT_SYMBOL_GPL(raft_evict_free);
EXPORT_SYMBOL_GPL(raft_evict_note_copy);
EXPORT_SYMBOL_GPL(raft_evict_is_copy);
EXPORT_SYMBOL_GPL(raft_evict_forget);
EXPORT_SYMBOL_GPL(raft_evict_pass);
EXPORT_SYMBOL_GPL(raft_group_entry);

EXPORT_SYMBOL_GPL(raft_payload_alloc);
EXPORT_SYMBOL_GPL(raft_payload_get);
EXPORT_SYMBOL_GPL(raft_payload_put);

EXPORT_SYMBOL_GPL(raft_addr_encode);
EXPORT_SYMBOL_GPL(raft_addr_decode);
EXPORT_SYMBOL_GPL(raft_addr_sockaddr);
EXPORT_SYMBOL_GPL(raft_notice_told);
EXPORT_SYMBOL_GPL(raft_remote_find);
EXPORT_SYMBOL_GPL(raft_remote_stranger);
EXPORT_SYMBOL_GPL(raft_remote_configure);
EXPORT_SYMBOL_GPL(raft_remote_parts);
EXPORT_SYMBOL_GPL(raft_remote_rest);
EXPORT_SYMBOL_GPL(raft_parts_init);
EXPORT_SYMBOL_GPL(raft_parts_exit);
EXPORT_SYMBOL_GPL(raft_parts_get);
EXPORT_SYMBOL_GPL(raft_parts_put);
EXPORT_SYMBOL_GPL(raft_remote_free);

EXPORT_SYMBOL_GPL(raft_result_init);
EXPORT_SYMBOL_GPL(raft_result_close);
EXPORT_SYMBOL_GPL(raft_result_free);
EXPORT_SYMBOL_GPL(raft_result_give);
EXPORT_SYMBOL_GPL(raft_result_prepare);
EXPORT_SYMBOL_GPL(raft_result_want);
EXPORT_SYMBOL_GPL(raft_result_wait);
EXPORT_SYMBOL_GPL(raft_result_leave);

EXPORT_SYMBOL_GPL(raft_disk_reason_name);
EXPORT_SYMBOL_GPL(raft_disk_super_init);
EXPORT_SYMBOL_GPL(raft_disk_super_encode);
EXPORT_SYMBOL_GPL(raft_disk_state_encode);
EXPORT_SYMBOL_GPL(raft_disk_record_encode);
EXPORT_SYMBOL_GPL(raft_disk_state_init);
EXPORT_SYMBOL_GPL(raft_disk_place);
EXPORT_SYMBOL_GPL(raft_disk_room);
EXPORT_SYMBOL_GPL(raft_disk_recover);
EXPORT_SYMBOL_GPL(raft_disk_boot);

EXPORT_SYMBOL_GPL(raft_wal_enlarge);
EXPORT_SYMBOL_GPL(raft_wal_shrink);
EXPORT_SYMBOL_GPL(raft_wal_open);
EXPORT_SYMBOL_GPL(raft_wal_submit);
EXPORT_SYMBOL_GPL(raft_wal_room);
EXPORT_SYMBOL_GPL(raft_wal_stat);
EXPORT_SYMBOL_GPL(raft_wal_close);
EXPORT_SYMBOL_GPL(raft_wal_reader_new);
EXPORT_SYMBOL_GPL(raft_wal_reader_free);
EXPORT_SYMBOL_GPL(raft_wal_hold);
EXPORT_SYMBOL_GPL(raft_wal_release);
EXPORT_SYMBOL_GPL(raft_wal_read);
#ifdef RAFT_FAULTS
EXPORT_SYMBOL_GPL(raft_wal_fault);
EXPORT_SYMBOL_GPL(raft_wal_crash);
#endif

EXPORT_SYMBOL_GPL(raft_slot_encode);
EXPORT_SYMBOL_GPL(raft_slot_decode);
EXPORT_SYMBOL_GPL(raft_slot_crc);
EXPORT_SYMBOL_GPL(raft_slot_id);
EXPORT_SYMBOL_GPL(raft_slot_sum_add);
