# What bash has and POSIX does not.
diff <(seq 5) <(seq 2 6)
echo "$?"
a=(one two three)
declare -A m=([x]=1 [y]=2)
echo "${a[@]:1}" "${#a[@]}" "${m[x]}${m[y]}" "${a[*]/two/2}" "${a[-1]^^}"
[[ abc123 =~ ([a-z]+)([0-9]+) ]] && echo "${BASH_REMATCH[2]}"
printf '%q %(%Y)T\n' 'a b' 0
mapfile -t lines < <(seq 3)
echo "${lines[2]}" {a..e}{1..2} $((16#ff))
coproc cat
echo hello >&"${COPROC[1]}"
read -r x <&"${COPROC[0]}"
echo "got $x"
set -o pipefail
false | true
echo "$?"
shopt -s extglob
touch a.c b.h c.o
echo !(*.o|*.bash|*.sh)
read -r -t 0.1 never < <(sleep 1) || echo "timed out"
select_one() { local PS3=''; select w in red green; do echo "$w"; break; done <<< 2; }
select_one 2> /dev/null
exec {fd}> opened
echo text >&"$fd"
cat opened
trap 'echo "error on line $LINENO"' ERR
false
trap - ERR
ulimit -c 0
kill -SEGV $BASHPID
