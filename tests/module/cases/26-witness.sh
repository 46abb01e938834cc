# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154 # $leader is set by cluster
# 26-witness.sh - a voter without the commands, for the third site with a small disk. With
# the words of 25-members.sh.

# witness_conf NAME I: node I of a group that was described is one, with a small log.
witness_conf() {
	sed "/^Id = $2\$/a Witness = yes" -i "$RAFT_DIR/$1.conf"
	sed 's/^LogSize = .*/LogSize = 1M/' "$RAFT_DIR/$1.conf" >"$RAFT_DIR/$1.small"
	mkdir -p "$RAFT_DIR/small"
	mv "$RAFT_DIR/$1.small" "$RAFT_DIR/small/$1.conf"
}

# big NAME I N: N commands of 50 KB, each begins with SECRET.
big() {
	local k
	for ((k = 0; k < $3; k++)); do
		{ printf SECRET-%s- "$k"; head -c 50000 /dev/zero | tr '\0' x; } | ctl "$2" propose -g "$1" - >/dev/null
	done
}

t_witness() {
	raft_conf g 3
	witness_conf g 3
	raft_up g 1 2
	ctl 3 up "$RAFT_DIR/small/g.conf" --node 3
	raft_wait_leader g 1 2 3 >/dev/null
	shows 3 role witness
	is "$(lab_in 1 cat /sys/class/raft/g/peers/3/flags)" witness "flags of node 3"
	is "$(ctl 1 member list g | awk '$1 == 3 { print $2 }')" witness "kind of node 3"
	# More than its log could hold.
	big g 1 40
	ctl 3 propose -g g at-the-witness >/dev/null
	raft_level g 1 2 3
	refused 1 'is a witness' ctl 3 read -g g
	refused 1 'is a witness' ctl 3 tail -g g --no-follow
	refused 1 'or is a witness' ctl 1 transfer -g g 3
	! grep -q SECRET "$RAFT_DIR/g.3.log" || fail "the witness has commands"
	grep -q SECRET "$RAFT_DIR/g.1.log" || fail "node 1 has none"
	"$RAFT_TOOLS/raftdump" "$RAFT_DIR/g.3.log" | grep -q 'left out' || fail "$("$RAFT_TOOLS/raftdump" "$RAFT_DIR/g.3.log" | tail -n 3)"
	same_logs g 1 2
}
t "a witness with 1 MiB in a group that has more" t_witness

t_witness_counts() {
	raft_conf g 3
	witness_conf g 3
	raft_up g 1 2 3
	leader=$(raft_wait_leader g 1 2 3)
	[ "$leader" != 3 ] || fail "a witness leads"
	lines a 20 | propose g 1 -q
	# With the leader alone it is a majority; and both come back from their logs.
	raft_down g 1
	leader=$(raft_wait_leader g 2 3)
	is "$leader" 2 "leader"
	lines b 20 | propose g 2 -q
	raft_down g 3
	raft_down g 2
	raft_up g 2 3
	is "$(raft_wait_leader g 2 3)" 2 "leader after both were down"
	shows 3 role witness
	lines c 20 | propose g 2 -q
	raft_up g 1
	same_logs g 1 2
	once 20 a
	once 20 b
	once 20 c
}
t "a witness votes and counts, and never leads" t_witness_counts

t_witness_added() {
	cluster g 3
	blank g 4
	lines a 50 | propose g 1 -q
	member 1 add-witness "$(where 4)" >/dev/null
	shows 4 role witness
	refused 1 'member already' member 2 add-witness "$(where 4)"
	refused 1 'no witness' member 2 demote 4
	lines b 20 | propose g 4 -q
	raft_level g 1 2 3 4
	same_logs g 1 2 3
	once 20 b
	refused 1 'half of the voters' member 1 change -1 -2 "+$(where 5),witness"
	member 2 remove 4 >/dev/null
	shows 4 removed yes
	refused 1 'did not catch up' member 1 add "$(where 4)" --timeout 300s
}
t "a witness is added, and cannot become a voter with its log" t_witness_added 4
