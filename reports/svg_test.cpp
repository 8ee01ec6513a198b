#include "reports/svg.h"

#include <catch2/catch.hpp>

#include "reports/sample/well_formed.h"

namespace harness::reporting {
namespace {

TEST_CASE("A drawing keeps its shapes, texts and classes") {
  const std::string svg =
      "<?xml version=\"1.0\"?>\n<!DOCTYPE svg PUBLIC \"x\" \"http://y\">\n<!-- c -->\n"
      "<svg width=\"8pt\" viewBox=\"0 0 8 8\" xmlns=\"http://www.w3.org/2000/svg\" id=\"s\">\n"
      "<g class=\"node\" transform=\"scale(1 1)\"><title>n1&#45;&gt;n2</title>"
      "<path fill=\"none\" stroke=\"#fff\" d=\"M0,0C1,1\"/><text x=\"1\">a &amp; b</text></g></svg>\n";
  CHECK(sanitise_svg(svg) ==
        "<svg width=\"8pt\" viewBox=\"0 0 8 8\">\n<g class=\"node\" transform=\"scale(1 "
        "1)\"><title>n1-&gt;n2</title>"
        "<path fill=\"none\" stroke=\"#fff\" d=\"M0,0C1,1\"/><text x=\"1\">a &amp; b</text></g></svg>");
}

TEST_CASE("Scripts, handlers, styles, links and outside references are left out") {
  const std::string svg =
      "<svg onload=\"alert(1)\"><script>alert('x')</script><style>@import 'http://x'</style>"
      "<a xlink:href=\"javascript:alert(1)\"><rect fill=\"url(http://x)\" stroke='red' "
      "style=\"fill:url(x)\"/></a>"
      "<image href=\"http://x/y.png\"/><use href=\"#z\"/><foreignObject><div>html</div></foreignObject>"
      "<set attributeName=\"onclick\" to=\"alert(1)\"/><text onclick=\"x\">&lt;script&gt;</text></svg>";
  CHECK(sanitise_svg(svg) == "<svg><rect stroke=\"red\"/><text>&lt;script&gt;</text></svg>");
}

TEST_CASE("A drawing that is cut short or does not nest is no drawing") {
  CHECK(sanitise_svg("").empty());
  CHECK(sanitise_svg("no drawing").empty());
  CHECK(sanitise_svg("<svg><g>").empty());
  CHECK(sanitise_svg("<svg><g></svg></g>").empty());
  CHECK(sanitise_svg("<svg><g fill=\"x").empty());
  CHECK(sanitise_svg("<svg><!-- ").empty());
  CHECK(sanitise_svg("<svg></svg><script>alert(1)</script>") == "<svg></svg>");
}

TEST_CASE("What comes out is well-formed whatever bytes are in the texts") {
  std::string svg = "<svg><text class=\"";
  for (int byte = 1; byte < 256; ++byte)
    if (byte != '"') svg += static_cast<char>(byte);
  svg += "\">";
  for (int byte = 1; byte < 256; ++byte)
    if (byte != '<') svg += static_cast<char>(byte);
  const std::string out = sanitise_svg(svg + "</text></svg>");
  REQUIRE_FALSE(out.empty());
  CHECK(read_xml(out).error.empty());
}

}  // namespace
}  // namespace harness::reporting
