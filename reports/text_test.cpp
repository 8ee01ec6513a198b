#include "reports/text.h"

#include <catch2/catch.hpp>

#include "reports/shorter_lists.h"

namespace harness::reporting {
namespace {

TEST_CASE("Long lists are cut to their ends for people, short ones stay") {
  CHECK(shorter_lists("read k [1,2,3,4,5,6,7,8] [] [[1,2],[3]] x[") ==
        "read k [1,2,3,4,5,6,7,8] [] [[1,2],[3]] x[");
  CHECK(shorter_lists("[1,2,3,4,5,6,7,8,9,10] -> ok") == "[1,2,3, … 6 more …,10] -> ok");
  CHECK(shorter_lists("[[1,2,3,4,5,6,7,8,9],[5]]") == "[[1,2,3, … 5 more …,9],[5]]");
}

TEST_CASE("Text from the cluster cannot become markup or move a cursor") {
  CHECK(escape_xml("<a href=\"x\">'&'</a>") == "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
  CHECK(escape_xml(std::string_view("\0\x1b\n", 3)) == "\xef\xbf\xbd\xef\xbf\xbd\n");
  CHECK(escape_xml("\xef\xbf\xbf") == "\xef\xbf\xbd");
  CHECK(terminal_text("a\x1b[31mb\nc\x7f\xc2\x9b") == "a\\x1b[31mb c\\x7f\\x9b");
  CHECK(terminal_lines("a\x1b[31m\nb\n") == "a\\x1b[31m\nb\n");
  // A text that runs from right to left, and one that nobody sees.
  CHECK(terminal_text("a\xe2\x80\xae"
                      "b\xe2\x80\x8b") == "a\\u202eb\\u200b");
  CHECK(escape_xml("\xe2\x81\xa6<\xef\xbb\xbf") == "\\u2066&lt;\\ufeff");
}

TEST_CASE("Bytes that are not UTF-8 are replaced one by one, and the rest stays") {
  CHECK(clean_utf8("gr\xc3\xbc\xc3\x9f") == "gr\xc3\xbc\xc3\x9f");
  CHECK(clean_utf8("\xff\xc3(") == "\xef\xbf\xbd\xef\xbf\xbd(");
  CHECK(clean_utf8("\xed\xa0\x80") == "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");  // a surrogate
}

TEST_CASE("Figures are written as a person would") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(412008) == "412,008");
  CHECK(counted(1, "write") == "1 write");
  CHECK(counted(1234, "write") == "1,234 writes");
  CHECK(duration(173 * kMillisecond) == "173 ms");
  CHECK(duration(kMillisecond / 2) == "0.50 ms");
  CHECK(duration(2350 * kMillisecond) == "2.35 s");
  CHECK(duration(kNever) == "never");
  CHECK(seconds(41'204'000'000) == "41.204");
  CHECK(figure(4) == "4");
  CHECK(figure(-1500) == "-1,500");
  CHECK(figure(1.25) == "1.25");
  CHECK(ranges_text({{0, 5460}, {7000, 7000}}) == "0-5460 7000");
}

TEST_CASE("Base64 follows RFC 4648") {
  CHECK(base64("") == "");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64("\xff\xfe") == "//4=");
}

}  // namespace
}  // namespace harness::reporting
