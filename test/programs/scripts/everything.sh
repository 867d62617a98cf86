# What shell scripts do, in the language that every POSIX shell understands.
set -u
say() { printf '%s\n' "$*"; }
title() { say "== $1"; }

title variables
name=world
say "hello, $name" 'hello, $name' "hello, ${name}s" "${unset_one:-default}" "${name:+set}"
say "${#name}" "${name%l*}" "${name#wo}" "${name##*o}" "${name%%o*}"
: "${assigned:=value}"
say "$assigned"
readonly constant=5
say "$((constant * 7 % 4)) $((1 << 10)) $((0x1f | 040)) $((-7 / 2)) $((constant > 3 ? 1 : 0))"
count=0
while [ "$count" -lt 100 ]; do
  count=$((count + 1))
done
say "$count"
IFS=:
set -- a:b "c:d" $name
say "$#" "$1" "$2"
words="x:y:z"
for word in $words; do printf '<%s>' "$word"; done
say
unset IFS

title control
for i in 1 2 3 4 5 6; do
  case $i in
    2) continue ;;
    [34]) say "three or four: $i" ;;
    5 | 55) break ;;
    *) say "other: $i" ;;
  esac
done
i=10
until [ "$i" -le 7 ]; do i=$((i - 1)); done
say "$i"
if [ -n "$name" ] && ! [ "$name" = x ]; then say yes; elif true; then say no; else say never; fi
true || say "not printed"
false || say "printed"
{ say grouped; say too; } | tr a-z A-Z
(cd / && pwd)
(exit 3)
say "status $?"

title functions
factorial() {
  if [ "$1" -le 1 ]; then echo 1; else echo $(($1 * $(factorial $(($1 - 1))))); fi
}
factorial 10
outer() {
  local inner="inside $1"
  shift
  say "$inner" "$@"
  return 7
}
outer one two "three four"
say "returned $?"
args() { for a in "$@"; do printf '[%s]' "$a"; done; say " $#"; }
args "a b" "" 'c*' "$(printf 'x\ny')"

title pipelines
seq 1 30 | grep 1 | sed 's/1/one/g' | sort | head -5
printf '%s\n' banana apple cherry | sort | while read -r fruit; do say "fruit: $fruit"; done
seq 1000 | awk '{ s += $1 } END { print s }'
echo "a b c" | { read -r x y z; say "$z$y$x"; }
yes | head -3 | wc -l
seq 1 5 | xargs -n 2 echo pair

title here-documents
cat <<END
expanded: $name $((2 + 3)) $(echo sub)
  indented \$name
END
cat <<'END'
literal: $name `echo no`
END
cat <<-END | sort
	tabs
	removed
	END
while read -r a b; do say "$b-$a"; done <<END
1 one
2 two
END

title substitution
today=$(printf '%s-%s' 2024 02)
say "$today" "`echo backquoted \`echo nested\``"
say "$(say "$(say "$(say deep)")")"
lines=$(printf 'one\ntwo\n\n\n')
say "[$lines]"
say *.none
touch b.txt a.txt c.dat
say *.txt [!a]*.??? ?.dat

title redirection
say to-a-file > out.txt
say appended >> out.txt
cat < out.txt
{ say stdout; say stderr >&2; } 2>&1 | sort
ls nonexistent 2> err.txt || say "failed: $(wc -l < err.txt)"
exec 3> three.txt
say "through three" >&3
exec 3>&-
cat three.txt
cat nothing 2> /dev/null || say "nothing there"
exec 4< out.txt
read -r first <&4
read -r second <&4
say "$second/$first"

title traps
trap 'say "got USR1"' USR1
kill -USR1 $$
trap - USR1
(trap 'say "subshell ends"' EXIT; say "in subshell")
sh -c 'trap "" TERM; kill -TERM $$; echo "TERM ignored"'
sh -c 'kill -TERM $$; echo "never printed"' || say "TERM: $?"
trap 'say TERM' TERM
trap 'say "leaving with $?"' EXIT

title jobs
mkfifo gate
(read -r word < gate; say "job read $word") &
job=$!
kill -0 $job && say running
echo go > gate
wait $job
say "ended $?"
(sleep 0.1; exit 5) &
wait $!
say "job said $?"
sleep 10 &
sleep 0.1
kill $!
wait $! 2> /dev/null
say "killed $?"
for n in 3 2 1; do
  (until [ -e "done$((n - 1))" ]; do sleep 0.05; done; say "job $n"; touch "done$n") &
done
touch done0
wait
mkfifo queue
(for n in 1 2 3; do say "item $n"; done > queue) &
while read -r item; do say "received $item"; done < queue
wait

title options
getopt_test() {
  OPTIND=1
  while getopts "ab:c" option "$@"; do
    case $option in
      a | c) say "option $option" ;;
      b) say "option b with $OPTARG" ;;
      ?) say "unknown" ;;
    esac
  done
  shift $((OPTIND - 1))
  say "rest: $*"
}
getopt_test -a -b value -c rest of it
set -f
say *
set +f
eval 'dynamic_$((1 + 1))=evaluated' 2> /dev/null || dynamic_2=evaluated
say "$dynamic_2"
command -v cat > /dev/null && say "cat exists"
umask 027
touch masked
ls -l masked | cut -c1-10
test -x masked || say "not executable"
cat > script.sh <<'END'
#!/bin/sh
echo "script $0 with $# arguments: $*"
exit 4
END
chmod +x script.sh
./script.sh one "two three" | sed 's/.*script/script/'
. ./library.sh
library_function "from the library"
exit 6
