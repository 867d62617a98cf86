import { programs } from "./program.ts";

/**
 * Digests and ciphers of OpenSSL, whose assembler has a way for each level of processors: OPENSSL_ia32cap takes features
 * away, so that all of them run. Answers are those of FIPS 180-4, FIPS 197 and Linux.
 */
const bytes = Uint8Array.from({ length: 100_003 }, (_, i) => (i * 2654435761) >>> 13);
const files = { data: bytes };

const digests = "md5 sha1 sha256 sha512 sha3-256 blake2b512";
const ciphers = "aes-128-cbc aes-192-ctr aes-256-ecb des-ede3-cbc chacha20";
const key = "-K 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f -iv 0f0e0d0c0b0a09080706050403020100";
const line =
  `for d in ${digests}; do openssl dgst -$d -r data; done; ` +
  `for c in ${ciphers}; do openssl enc -$c ${key} -in data -out out 2>/dev/null; md5sum < out; ` +
  `openssl enc -d -$c ${key} -in out 2>/dev/null | cmp - data; done; ` +
  "openssl dgst -sha256 -hmac secret -r data; openssl dgst -mac poly1305 -macopt hexkey:" +
  `${"42".repeat(32)} -r data; openssl mac -cipher AES-128-GCM -macopt hexkey:${"42".repeat(16)} -macopt hexiv:${"17".repeat(12)} -in data GMAC; ` +
  `openssl kdf -keylen 32 -kdfopt digest:SHA512 -kdfopt pass:secret -kdfopt salt:pepper -kdfopt iter:500 PBKDF2`;

/** What is taken away, by words of OPENSSL_ia32cap(3). */
const LEVELS: Readonly<Record<string, string>> = {
  "all that there is": "",
  "without AES and carry-less products": "~0x0200000200000000",
  "without AVX and what is newer": "~0x1000000000000000:0",
  "of SSE2": "~0x1a98220000000000:0",
};

programs(
  "openssl",
  { files, timeout: 120_000, needs: ["openssl"] },
  Object.entries(LEVELS).map(([name, mask]) => ({
    name: `digests and ciphers, ${name}`,
    sh: line,
    env: mask === "" ? undefined : { OPENSSL_ia32cap: mask },
  })),
);

programs("openssl, known answers", { needs: ["openssl"] }, [
  {
    sh: "printf abc | openssl dgst -sha256",
    stdout: /ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad/,
  },
  {
    sh: "printf abc | openssl dgst -sha512",
    stdout:
      /ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f/,
  },
  {
    name: "AES-256 of FIPS 197, C.3",
    sh: `printf '\\000\\021\\042\\063\\104\\125\\146\\167\\210\\231\\252\\273\\314\\335\\356\\377' | openssl enc -aes-256-ecb ${key.split(" -iv")[0]} -nopad | od -An -tx1`,
    stdout: /8e a2 b7 ca 51 67 45 bf ea fc 49 90 4b 49 60 89/,
  },
]);
