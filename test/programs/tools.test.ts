import { programs } from "./program.ts";

/** The programs around coreutils: searching, editing, packing. */
const prose = `${Array.from({ length: 400 }, (_, i) => `line ${i}: ${"abc def ghi".slice(i % 7)} ${i * 31337}`).join("\n")}\n`;
const files = {
  "src/main.c": 'int main(void) { return helper("x"); }\n',
  "src/helper.c": "#include <stdio.h>\nint helper(const char *s) { return puts(s); }\n",
  "src/helper.h": "int helper(const char *);\n",
  "docs/read me.txt": "A file with a blank in its name.\n",
  "prose.txt": prose,
  "table.csv": "name,age,city\nanna,31,Ulm\nbert,27,Bonn\ncarl,45,Ulm\ndora,27,Kiel\n",
  "zeros.bin": new Uint8Array(200_000),
};

/** 10 MB of lines in no order, made by awk in the test itself. */
const MANY =
  "awk 'BEGIN { s = 1; for (i = 0; i < 450000; i++) { s = (s * 69069 + 1) % 4294967296; print s, \"text\", i } }'";

const lines = [
  "find . -name '*.c' -type f | sort; find . -size +100k; find src -newer none 2>&1; find . -maxdepth 1 -type d | sort",
  "find . -type f -print0 | sort -z | xargs -0 wc -c; find src -name '*.h' -exec cat {} + ; find . -name x -o -empty -delete",
  "find src \\( -name '*.c' -o -name '*.h' \\) ! -name main.c -printf '%f %s %m %d\\n' | sort; find . -path './src/*' -prune -o -type f -print | sort",
  "seq 100 | xargs -n 30 echo; seq 6 | xargs -P 2 -n 3 echo | sort; printf 'a b\\nc\\n' | xargs -I {} echo '<{}>'; xargs < /dev/null; echo x | xargs false; echo $?",
  "seq 20000 | xargs -n 500 echo | md5sum",
  "grep -n abc prose.txt | head -3; grep -c 'f [0-9]*7$' prose.txt; grep -v line prose.txt; echo $?; grep -rl helper src | sort; grep -E '^line (1|2)[0-9]:' prose.txt | tail -2",
  "grep -o '[0-9]*337 *$' prose.txt | head -3; grep -w -i LINE table.csv prose.txt | wc -l; grep -A1 -B1 'line 17:' prose.txt; grep -P '(?<=line )4\\d(?=:)' -o prose.txt; grep -F -x -f table.csv table.csv | wc -l; grep -z zero zeros.bin | wc -c",
  "sed -n '5,7p;$=' prose.txt; sed 's/line \\([0-9]*\\)/\\1. row/;3q' prose.txt; sed -i.bak '1d;s/,/;/g' table.csv; cat table.csv; sed '/Ulm/!d;y/abc/xyz/' table.csv.bak; sed = table.csv | sed 'N;s/\\n/ /'; sed -E ':a;s/([0-9])([0-9]{3})($|,)/\\1,\\2\\3/;ta' prose.txt | tail -2",
  'mawk -F, \'NR > 1 { n[$3]++; a[$3] += $2 } END { for (c in n) print c, n[c], a[c] / n[c] | "sort" }\' table.csv; mawk \'{ print length($0), toupper($2) }\' prose.txt | tail -3; mawk \'BEGIN { printf "%.10f %d %s\\n", atan2(0, -1), 2 ^ 31, substr("hello", 2, 3); while ((getline l < "table.csv") > 0) n++; print n, split("a:b:c", p, ":"), p[2] }\'',
  "tar cf a.tar --sort=name --mtime=@1000000000 src docs; tar tvf a.tar | sed 's/ [^ ]*$//' | wc -l; mkdir x; tar xf a.tar -C x; diff -r src x/src; tar rf a.tar table.csv; tar tf a.tar; tar xOf a.tar src/helper.h; rm a.tar",
  "tar cz --sort=name --mtime=@1000000000 --owner=0 --group=0 --exclude=a.tgz . > a.tgz && tar tzf a.tgz && mkdir x && tar xzf a.tgz -C x && find x -type f | sort | xargs sha1sum; rm a.tgz",
  "tar cJf a.txz src && tar xJf a.txz --strip-components=1 && ls; tar cjf a.tbz src && tar tjf a.tbz | sort; rm a.t?z",
  "gzip -9 -n -k prose.txt && md5sum prose.txt.gz && gzip -l prose.txt.gz && zcat prose.txt.gz | cmp - prose.txt; gunzip -t prose.txt.gz; echo x | gzip -n | od -An -tx1; gzip -d < table.csv; echo $?",
  "xz -k -9 prose.txt zeros.bin && md5sum *.xz && xz -l --robot zeros.bin.xz | wc -l && xz -dc prose.txt.xz | cmp - prose.txt; xz -T2 -c zeros.bin | xz -t; echo $?",
  "bzip2 -k prose.txt && md5sum prose.txt.bz2 && bzcat prose.txt.bz2 | cmp - prose.txt; bzip2 -t table.csv; echo $?",
  "diff -u table.csv prose.txt | head -3 | cut -c1-12; sed s/27/28/ table.csv > t2; diff table.csv t2; echo $?; diff -y -W 40 table.csv t2; cmp table.csv t2; cmp -l table.csv t2; true",
  "make -f - -j2 <<'X'\nall: one two\n\t@cat one two\none two: %:\n\t@echo making $@ > $@\nX",
  "bc -l <<'X'\n1+2*3\nscale=30\n4*a(1)\n2^200\nX",
  "file src/main.c zeros.bin table.csv /bin/dash | sed 's/BuildID.*//'",
  "strings -n 8 /bin/true | head -3; nm -D /bin/true | grep -c ' U '; objdump -d -j .plt /bin/true | head -20; size /bin/true; readelf -h /bin/true | head -20",
  `jq -n -c '{"a": [1, 2.5, {"b": null}], "c": "x"} | .a[1] * 2, .a[2], (.a | length), .c'`,
  "less src/main.c | cat",
  "vim -u NONE -es -c '%s/helper/worker/g' -c 'wq' src/main.c < /dev/null; cat src/main.c",
  "openssl dgst -sha256 prose.txt; openssl enc -aes-128-cbc -K 00112233445566778899aabbccddeeff -iv 00000000000000000000000000000000 -in prose.txt | md5sum; openssl prime 1000003",
];

programs("tools", { files, tree: true, timeout: 120_000 }, [
  ...lines.map((sh) => ({ sh })),
  {
    // Its libraries choose their AVX2 ways.
    sh: "ffmpeg -v error -f lavfi -i testsrc2=size=160x120:rate=10:duration=0.5 -f lavfi -i sine=frequency=440:duration=0.5 -c:v mpeg4 -c:a aac -threads 1 -flags +bitexact -fflags +bitexact -f nut - | md5sum",
    name: "ffmpeg encodes a generated clip",
    needs: ["ffmpeg"],
  },
  {
    sh: `${MANY} > big; wc big; sort big | md5sum; sort -n -k1,1 big | tail -2`,
    name: "sort on 10 MB",
    needs: ["awk", "sort"],
  },
]);
