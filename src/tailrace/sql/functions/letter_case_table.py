"""Letters whose case Java maps otherwise than DuckDB 2.0, found by comparing all code points."""

from __future__ import annotations


def _pairs(words: str) -> dict[str, str]:
    found = words.split()
    return dict(zip(found[::2], found[1::2], strict=True))


UPPER = _pairs(
    "ß SS ŉ ʼN ƛ \ua7dc ǰ J\u030c ɤ \ua7cb ΐ Ι\u0308\u0301 ΰ Υ\u0308\u0301 և ԵՒ "
    "\u1c8a \u1c89 ẖ H\u0331 ẗ T\u0308 ẘ W\u030a ẙ Y\u030a ẚ Aʾ ὐ Υ\u0313 ὒ Υ\u0313\u0300 "
    "ὔ Υ\u0313\u0301 ὖ Υ\u0313\u0342 ᾀ ἈΙ ᾁ ἉΙ ᾂ ἊΙ ᾃ ἋΙ ᾄ ἌΙ ᾅ ἍΙ ᾆ ἎΙ ᾇ ἏΙ ᾈ ἈΙ ᾉ ἉΙ ᾊ ἊΙ "
    "ᾋ ἋΙ ᾌ ἌΙ ᾍ ἍΙ ᾎ ἎΙ ᾏ ἏΙ ᾐ ἨΙ ᾑ ἩΙ ᾒ ἪΙ ᾓ ἫΙ ᾔ ἬΙ ᾕ ἭΙ ᾖ ἮΙ ᾗ ἯΙ ᾘ ἨΙ ᾙ ἩΙ ᾚ ἪΙ ᾛ ἫΙ "
    "ᾜ ἬΙ ᾝ ἭΙ ᾞ ἮΙ ᾟ ἯΙ ᾠ ὨΙ ᾡ ὩΙ ᾢ ὪΙ ᾣ ὫΙ ᾤ ὬΙ ᾥ ὭΙ ᾦ ὮΙ ᾧ ὯΙ ᾨ ὨΙ ᾩ ὩΙ ᾪ ὪΙ ᾫ ὫΙ ᾬ ὬΙ "
    "ᾭ ὭΙ ᾮ ὮΙ ᾯ ὯΙ ᾲ ᾺΙ ᾳ ΑΙ ᾴ ΆΙ ᾶ Α\u0342 ᾷ Α\u0342Ι ᾼ ΑΙ ῂ ῊΙ ῃ ΗΙ ῄ ΉΙ ῆ Η\u0342 "
    "ῇ Η\u0342Ι ῌ ΗΙ ῒ Ι\u0308\u0300 ΐ Ι\u0308\u0301 ῖ Ι\u0342 ῗ Ι\u0308\u0342 "
    "ῢ Υ\u0308\u0300 ΰ Υ\u0308\u0301 ῤ Ρ\u0313 ῦ Υ\u0342 ῧ Υ\u0308\u0342 ῲ ῺΙ ῳ ΩΙ ῴ ΏΙ "
    "ῶ Ω\u0342 ῷ Ω\u0342Ι ῼ ΩΙ \ua7cd \ua7cc \ua7cf \ua7ce ꟓ \ua7d2 ꟕ \ua7d4 \ua7db \ua7da "
    "ﬀ FF ﬁ FI ﬂ FL ﬃ FFI ﬄ FFL ﬅ ST ﬆ ST ﬓ ՄՆ ﬔ ՄԵ ﬕ ՄԻ ﬖ ՎՆ ﬗ ՄԽ \U00010d70 \U00010d50 "
    "\U00010d71 \U00010d51 \U00010d72 \U00010d52 \U00010d73 \U00010d53 \U00010d74 \U00010d54 "
    "\U00010d75 \U00010d55 \U00010d76 \U00010d56 \U00010d77 \U00010d57 \U00010d78 \U00010d58 "
    "\U00010d79 \U00010d59 \U00010d7a \U00010d5a \U00010d7b \U00010d5b \U00010d7c \U00010d5c "
    "\U00010d7d \U00010d5d \U00010d7e \U00010d5e \U00010d7f \U00010d5f \U00010d80 \U00010d60 "
    "\U00010d81 \U00010d61 \U00010d82 \U00010d62 \U00010d83 \U00010d63 \U00010d84 \U00010d64 "
    "\U00010d85 \U00010d65 \U00016ebb \U00016ea0 \U00016ebc \U00016ea1 \U00016ebd \U00016ea2 "
    "\U00016ebe \U00016ea3 \U00016ebf \U00016ea4 \U00016ec0 \U00016ea5 \U00016ec1 \U00016ea6 "
    "\U00016ec2 \U00016ea7 \U00016ec3 \U00016ea8 \U00016ec4 \U00016ea9 \U00016ec5 \U00016eaa "
    "\U00016ec6 \U00016eab \U00016ec7 \U00016eac \U00016ec8 \U00016ead \U00016ec9 \U00016eae "
    "\U00016eca \U00016eaf \U00016ecb \U00016eb0 \U00016ecc \U00016eb1 \U00016ecd \U00016eb2 "
    "\U00016ece \U00016eb3 \U00016ecf \U00016eb4 \U00016ed0 \U00016eb5 \U00016ed1 \U00016eb6 "
    "\U00016ed2 \U00016eb7 \U00016ed3 \U00016eb8 "
)
"""Letters whose upper case is another than DuckDB's."""

LOWER = _pairs(
    "İ i\u0307 \u1c89 \u1c8a \ua7cb ɤ \ua7cc \ua7cd \ua7ce \ua7cf \ua7d2 ꟓ \ua7d4 ꟕ "
    "\ua7da \ua7db \ua7dc ƛ \U00010d50 \U00010d70 \U00010d51 \U00010d71 "
    "\U00010d52 \U00010d72 \U00010d53 \U00010d73 \U00010d54 \U00010d74 \U00010d55 \U00010d75 "
    "\U00010d56 \U00010d76 \U00010d57 \U00010d77 \U00010d58 \U00010d78 \U00010d59 \U00010d79 "
    "\U00010d5a \U00010d7a \U00010d5b \U00010d7b \U00010d5c \U00010d7c \U00010d5d \U00010d7d "
    "\U00010d5e \U00010d7e \U00010d5f \U00010d7f \U00010d60 \U00010d80 \U00010d61 \U00010d81 "
    "\U00010d62 \U00010d82 \U00010d63 \U00010d83 \U00010d64 \U00010d84 \U00010d65 \U00010d85 "
    "\U00016ea0 \U00016ebb \U00016ea1 \U00016ebc \U00016ea2 \U00016ebd \U00016ea3 \U00016ebe "
    "\U00016ea4 \U00016ebf \U00016ea5 \U00016ec0 \U00016ea6 \U00016ec1 \U00016ea7 \U00016ec2 "
    "\U00016ea8 \U00016ec3 \U00016ea9 \U00016ec4 \U00016eaa \U00016ec5 \U00016eab \U00016ec6 "
    "\U00016eac \U00016ec7 \U00016ead \U00016ec8 \U00016eae \U00016ec9 \U00016eaf \U00016eca "
    "\U00016eb0 \U00016ecb \U00016eb1 \U00016ecc \U00016eb2 \U00016ecd \U00016eb3 \U00016ece "
    "\U00016eb4 \U00016ecf \U00016eb5 \U00016ed0 \U00016eb6 \U00016ed1 \U00016eb7 \U00016ed2 "
    "\U00016eb8 \U00016ed3 "
)
"""Letters whose lower case is another than DuckDB's."""

INITCAP = _pairs(
    "ß Ss Ǆ ǅ ǅ ǅ ǆ ǅ Ǉ ǈ ǈ ǈ ǉ ǈ Ǌ ǋ ǋ ǋ ǌ ǋ Ǳ ǲ ǲ ǲ ǳ ǲ և Եւ ა ა ბ ბ გ გ დ დ ე ე ვ ვ ზ ზ "
    "თ თ ი ი კ კ ლ ლ მ მ ნ ნ ო ო პ პ ჟ ჟ რ რ ს ს ტ ტ უ უ ფ ფ ქ ქ ღ ღ ყ ყ შ შ ჩ ჩ ც ც ძ ძ წ წ "
    "ჭ ჭ ხ ხ ჯ ჯ ჰ ჰ ჱ ჱ ჲ ჲ ჳ ჳ ჴ ჴ ჵ ჵ ჶ ჶ ჷ ჷ ჸ ჸ ჹ ჹ ჺ ჺ ჽ ჽ ჾ ჾ ჿ ჿ ᾀ ᾈ ᾁ ᾉ ᾂ ᾊ ᾃ ᾋ ᾄ ᾌ "
    "ᾅ ᾍ ᾆ ᾎ ᾇ ᾏ ᾈ ᾈ ᾉ ᾉ ᾊ ᾊ ᾋ ᾋ ᾌ ᾌ ᾍ ᾍ ᾎ ᾎ ᾏ ᾏ ᾐ ᾘ ᾑ ᾙ ᾒ ᾚ ᾓ ᾛ ᾔ ᾜ ᾕ ᾝ ᾖ ᾞ ᾗ ᾟ ᾘ ᾘ ᾙ ᾙ ᾚ ᾚ "
    "ᾛ ᾛ ᾜ ᾜ ᾝ ᾝ ᾞ ᾞ ᾟ ᾟ ᾠ ᾨ ᾡ ᾩ ᾢ ᾪ ᾣ ᾫ ᾤ ᾬ ᾥ ᾭ ᾦ ᾮ ᾧ ᾯ ᾨ ᾨ ᾩ ᾩ ᾪ ᾪ ᾫ ᾫ ᾬ ᾬ ᾭ ᾭ ᾮ ᾮ ᾯ ᾯ "
    "ᾲ Ὰ\u0345 ᾳ ᾼ ᾴ Ά\u0345 ᾷ Α\u0342\u0345 ᾼ ᾼ ῂ Ὴ\u0345 ῃ ῌ ῄ Ή\u0345 ῇ Η\u0342\u0345 ῌ ῌ "
    "ῲ Ὼ\u0345 ῳ ῼ ῴ Ώ\u0345 ῷ Ω\u0342\u0345 ῼ ῼ ﬀ Ff ﬁ Fi ﬂ Fl ﬃ Ffi ﬄ Ffl ﬅ St ﬆ St ﬓ Մն "
    "ﬔ Մե ﬕ Մի ﬖ Վն ﬗ Մխ "
)
"""Letters whose title case is another than their upper case."""
