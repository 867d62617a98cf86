# One process after the other; $1 of them.
for ((i = 0; i < $1; i++)); do /bin/true || exit 1; done
echo "$i"
