"""Strings, dictionaries, regular expressions, JSON and digests, on the words of a file."""
import hashlib
import json
import re
import sys

with open(sys.argv[1], encoding="ascii") as file:
    text = file.read(int(sys.argv[2]))

counts = {}
for word in text.split():
    counts[word] = counts.get(word, 0) + 1
top = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:10]
print(top)

pattern = re.compile(r"\b([a-z]+)([aeiou])\2?([a-z]*) (\w+)\b")
print(sum(len(m.group(4)) for m in pattern.finditer(text)))

rows = [{"word": w, "count": n, "half": n / 2, "letters": list(w)} for w, n in counts.items()]
again = json.loads(json.dumps(rows, indent=1))
print(again == rows, hashlib.sha256(json.dumps(again).encode()).hexdigest())
print(hashlib.md5("".join(reversed(text)).title().encode()).hexdigest())
