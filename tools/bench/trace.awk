# SPDX-License-Identifier: GPL-2.0
# trace.awk -v node=node=N - from the tracepoints raft_msg and raft_commit of the leader N, how
# long each entry took from the first message with it to its commit; one JSON object.

function field(name,    at) {
	at = match($0, " " name "=[0-9]+")
	return at ? substr($0, at + length(name) + 2, RLENGTH - length(name) - 2) + 0 : -1
}

function time(    at) {
	at = match($0, /[0-9]+\.[0-9]+: raft_/)
	return substr($0, at, RLENGTH - 7) * 1000000
}

index($0, " " node " ") && / out append / && field("n") > 0 {
	first = field("index") + 1
	for (i = first; i < first + field("n"); i++)
		if (!(i in sent) && i > committed)
			sent[i] = time()
}

index($0, " " node " ") && /raft_commit:/ {
	for (committed = committed + 0; committed < field("commit"); )
		if (++committed in sent) {
			us[++n] = time() - sent[committed]
			delete sent[committed]
		}
}

function quantile(q) {
	return int(us[int(q * (n - 1)) + 1] * 1000)
}

END {
	if (!n) {
		print "no entry was traced"
		exit
	}
	# Few: an insertion sort will do.
	for (i = 2; i <= n; i++) {
		v = us[i]
		for (j = i - 1; j && us[j] > v; j--)
			us[j + 1] = us[j]
		us[j + 1] = v
	}
	printf "{\"size\":256,\"threads\":1,\"done\":%d,\"p50_ns\":%d,\"p99_ns\":%d,\"p999_ns\":%d,\"max_ns\":%d}\n",
		n, quantile(0.5), quantile(0.99), quantile(0.999), us[n] * 1000
}
