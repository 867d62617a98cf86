# The shell's own work: arithmetic, strings, arrays, functions; $1 rounds.
declare -A seen
digest() { local s=$1 h=7 i; for ((i = 0; i < ${#s}; i++)); do printf -v c %d "'${s:i:1}"; ((h = (h * 31 + c) % 65521)); done; REPLY=$h; }
for ((n = 0; n < $1; n++)); do
  word="word-$((n * 7919 % 1000))"
  digest "${word^^}"
  seen[$REPLY]+=x
  case $word in *9) nines=$((nines + 1)) ;; *[02468]) evens=$((evens + 1)) ;; esac
done
echo "${#seen[@]} $nines $evens"
