// SPDX-License-Identifier: GPL-2.0
/*
 * recording.c - reads the log of dm-log-writes and the trace, and brings them
 * together.
 *
 * The format of the former is drawn in drivers/md/dm-log-writes.c: a superblock
 * of one sector, then one sector and the data for each write.  Of the latter it
 * takes the lines that logwrites-guest.sh has asked for and refuses a trace that
 * is not complete: a promise that is missing is one that nobody would check.
 */
#include "recording.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"

#define LOG_MAGIC	0x6a736677736872ULL
#define LOG_VERSION	1
#define LOG_FLUSH	0x1
#define LOG_FUA		0x2
#define LOG_DISCARD	0x4
#define LOG_MARK	0x8
#define IN_FLIGHT	64

/**
 * recording_bad() - end: this is no recording
 * @format: why, as printf
 */
void recording_bad(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("logwrites: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(2);
}

/* --- dm-log-writes ------------------------------------------------------- */

static const u8 *map(const char *path, u64 *size)
{
	struct stat st;
	void *p;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		recording_bad("%s: %s", path, strerror(errno));
	*size = st.st_size;
	p = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		recording_bad("%s: %s", path, strerror(errno));
	close(fd);
	return p;
}

/* One entry at @pos; the position of the next one. */
static u64 log_entry(struct recording *rec, const u8 *p, u64 pos, u64 size)
{
	u64 sector = raft_get_le64(p + pos);
	u64 sectors = raft_get_le64(p + pos + 8);
	u64 flags = raft_get_le64(p + pos + 16);
	struct written *w = &rec->writes[rec->n_writes];

	pos += SECTOR;
	if (flags & LOG_MARK)
		return pos;
	if ((flags & LOG_DISCARD) || sectors > (size - pos) / SECTOR)
		recording_bad("log: entry at %" PRIu64 " makes no sense", pos);
	w->pos = sector * SECTOR;
	w->len = (u32)(sectors * SECTOR);
	w->data = p + pos;
	w->fua = flags & LOG_FUA;
	w->flush = flags & LOG_FLUSH;
	if (w->pos + w->len > rec->end)
		rec->end = w->pos + w->len;
	rec->n_writes++;
	return pos + sectors * SECTOR;
}

static void log_load(struct recording *rec, const char *path)
{
	u64 size, pos = SECTOR, n;
	const u8 *p = map(path, &size);

	if (size < 2 * SECTOR || raft_get_le64(p) != LOG_MAGIC ||
	    raft_get_le64(p + 8) != LOG_VERSION ||
	    raft_get_le32(p + 24) != SECTOR)
		recording_bad("%s: not a log of dm-log-writes with sectors of %u",
			      path, SECTOR);
	n = raft_get_le64(p + 16);
	rec->writes = calloc(n + 1, sizeof(*rec->writes));
	if (!rec->writes)
		recording_bad("out of memory");
	while (n--) {
		if (pos + SECTOR > size)
			recording_bad("%s: ends early", path);
		pos = log_entry(rec, p, pos, size);
	}
}

/* --- the trace ------------------------------------------------------------ */

static struct step *add(struct recording *rec, enum step_kind kind, u32 line)
{
	struct step *s;

	if (!(rec->n_steps % 1024)) {
		rec->steps = realloc(rec->steps,
				     (rec->n_steps + 1024) * sizeof(*s));
		if (!rec->steps)
			recording_bad("out of memory");
	}
	s = &rec->steps[rec->n_steps++];
	memset(s, 0, sizeof(*s));
	s->kind = kind;
	s->line = line;
	return s;
}

/* The k-th submission of a place is the k-th write there. */
static struct written *submitted(struct recording *rec, u64 pos, u32 len,
				 u32 line)
{
	static u32 first;	/* all before are taken */
	u32 i;

	while (first < rec->n_writes &&
	       (rec->writes[first].matched || !rec->writes[first].len))
		first++;
	for (i = first; i < rec->n_writes; i++) {
		struct written *w = &rec->writes[i];

		if (!w->matched && w->pos == pos && w->len == len) {
			w->matched = true;
			return w;
		}
	}
	recording_bad("trace:%u: a write of %u bytes at %" PRIu64 " that is not logged",
		      line, len, pos);
}

/* The oldest one in flight at a place; each is put there by block_line(). */
static struct written *flight[IN_FLIGHT];
static u32 n_flight;

static struct written *completed(u64 pos, u32 len, u32 line)
{
	struct written *w;
	u32 i;

	for (i = 0; i < n_flight; i++) {
		w = flight[i];
		if (w->pos != pos || w->len != len)
			continue;
		n_flight--;
		memmove(&flight[i], &flight[i + 1],
			(n_flight - i) * sizeof(*flight));
		return w;
	}
	recording_bad("trace:%u: a write ends that did not begin", line);
}

static void block_line(struct recording *rec, const char *text, bool done, u32 line)
{
	u32 major, minor, sectors;
	char what[16];
	u64 sector;
	struct step *s;

	if (sscanf(text, "%u,%u %15s %" SCNu64 " + %u", &major, &minor, what,
		   &sector, &sectors) != 5)
		recording_bad("trace:%u: cannot be read", line);
	if (strchr(what, 'R') || strchr(what, 'N'))
		return;
	if (!strchr(what, 'W') && *what != 'F')
		recording_bad("trace:%u: not a write nor a flush", line);
	if (!sectors) {
		add(rec, done ? STEP_FLUSHED : STEP_FLUSH, line);
		return;
	}
	s = add(rec, done ? STEP_COMPLETE : STEP_SUBMIT, line);
	if (done) {
		s->write = completed(sector * SECTOR, sectors * SECTOR, line);
		return;
	}
	s->write = submitted(rec, sector * SECTOR, sectors * SECTOR, line);
	if (n_flight == IN_FLIGHT)
		recording_bad("trace:%u: too much in flight", line);
	flight[n_flight++] = s->write;
}

static void mark_line(struct recording *rec, const char *text, u32 line)
{
	char name[COMMAND_NAME];
	struct step *s;
	u64 value;

	if (sscanf(text, "try %39s %" SCNu64, name, &value) == 2)
		s = add(rec, STEP_TRY, line);
	else if (sscanf(text, "ack %" SCNu64 " %39s", &value, name) == 2)
		s = add(rec, STEP_ACK, line);
	else
		return;
	s->value = value;
	s->name = strdup(name);
}

static u64 field(const char *text, const char *name, u32 line)
{
	const char *p = strstr(text, name);

	if (!p)
		recording_bad("trace:%u: no field '%s'", line, name);
	return strtoull(p + strlen(name), NULL, 10);
}

static void promise(struct recording *rec, enum step_kind kind, u64 value,
		    u32 node, u32 line)
{
	struct step *s = add(rec, kind, line);

	s->value = value;
	s->node = node;
}

/*
 * What a message that leaves the recorded node promises.  A request for votes
 * and all that a leader sends: it voted for itself (Raft 5.2).
 */
static void message_line(struct recording *rec, const char *text, u32 line)
{
	u64 term = field(text, " term=", line);
	u32 from = (u32)field(text, " from=", line);
	u32 to = (u32)field(text, " to=", line);
	bool reject = strstr(text, "reject\n") || strstr(text, "reject|") ||
		      strstr(text, "|reject");

	if (strstr(text, " vote-resp ") && !reject)
		promise(rec, STEP_VOTE, term, to, line);
	else if (strstr(text, " vote ") || strstr(text, " append ") ||
		 strstr(text, " heartbeat "))
		promise(rec, STEP_VOTE, term, from, line);
	if (strstr(text, " append-resp ") && !reject) {
		promise(rec, STEP_TERM, term, 0, line);
		promise(rec, STEP_MATCH, field(text, " index=", line), 0, line);
	}
	if (strstr(text, " heartbeat-resp "))
		promise(rec, STEP_MATCH, field(text, " commit=", line), 0, line);
}

static void trace_line(struct recording *rec, const char *text, u32 line)
{
	static const char *const events[] = {
		": block_bio_queue: ", ": block_bio_complete: ",
		": tracing_mark_write: ", ": raft_msg: ", ": raft_persist: ",
	};
	const char *p = NULL;
	u32 i;

	for (i = 0; !p && i < ARRAY_SIZE(events); i++) {
		p = strstr(text, events[i]);
		if (!p)
			continue;
		p += strlen(events[i]);
		if (i < 2)
			block_line(rec, p, i, line);
		else if (i == 2)
			mark_line(rec, p, line);
		else if (i == 3)
			message_line(rec, p, line);
		else
			promise(rec, STEP_TRUNCATE,
				field(p, " truncate_from=", line), 0, line);
	}
	if (!p)
		recording_bad("trace:%u: an event that nobody asked for", line);
}

static void trace_load(struct recording *rec, const char *path)
{
	char text[1024];
	u64 kept, written;
	bool whole = false;
	u32 line = 0;
	FILE *f;

	f = fopen(path, "r");
	if (!f)
		recording_bad("%s: %s", path, strerror(errno));
	while (fgets(text, sizeof(text), f)) {
		line++;
		if (strstr(text, "LOST"))
			recording_bad("%s:%u: events were lost", path, line);
		if (sscanf(text, "# entries-in-buffer/entries-written: %" SCNu64
			   "/%" SCNu64, &kept, &written) == 2)
			whole = kept == written;
		else if (*text != '#' && *text != '\n')
			trace_line(rec, text, line);
	}
	fclose(f);
	if (!whole)
		recording_bad("%s: events were lost", path);
}

/**
 * recording_load() - read both files
 * @rec: the recording (out)
 * @log: the log device of dm-log-writes
 * @trace: the trace
 *
 * Ends the program if they are not complete or do not belong together.
 */
void recording_load(struct recording *rec, const char *log, const char *trace)
{
	u32 i;

	memset(rec, 0, sizeof(*rec));
	log_load(rec, log);
	trace_load(rec, trace);
	for (i = 0; i < rec->n_writes; i++)
		if (!rec->writes[i].matched && rec->writes[i].len)
			recording_bad("write %u is not in the trace", i);
}
