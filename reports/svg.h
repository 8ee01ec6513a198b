// Makes an SVG drawing safe to embed: what is not on a short list of drawing elements and attributes is left
// out, so that no script, style, link or outside reference survives, whatever the drawing program wrote.
#pragma once

#include <string>
#include <string_view>

namespace harness::reporting {

/// The drawing with known elements and attributes only; links are dropped and what they hold is kept; texts
/// are escaped anew. Empty when `svg` holds no <svg> element or is not closed properly.
std::string sanitise_svg(std::string_view svg);

}  // namespace harness::reporting
