echo "in $(uname -s) on $(uname -m)"
for i in 1 2 3; do echo "line $i"; done | sed 's/line/row/' | sort -r
mkdir -p /tmp/a/b && cd /tmp/a && echo text > b/file && find . | sort && cat b/file
(sleep 0.1; echo "background done") &
wait
seq 1000 | awk '{ s += $1 } END { print s }'
read -r line && echo "read: $line"
trap 'echo trapped' USR1
kill -USR1 $$
ls / /dev | head -20 | wc -l
[ -r /proc/self/status ] && echo "proc is there"
hello > /tmp/hello.txt && grep -c , /tmp/hello.txt
exit 7
