#include "reports/html.h"

#include <map>
#include <nlohmann/json.hpp>

#include "reports/columns.h"
#include "reports/graph.h"
#include "reports/page.h"
#include "reports/page_data.h"
#include "reports/story.h"
#include "reports/svg.h"
#include "reports/text.h"

namespace harness {
namespace {

using namespace reporting;

/// A CSP source: the page runs its own script and style, known by their hash, and nothing else.
std::string hash_source(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return "'sha256-" + base64(bytes) + "'";
}

std::string content_security_policy() {
  return "default-src 'none'; script-src " + hash_source(kPageScriptSha256) + "; style-src " +
         hash_source(kPageStyleSha256) + "; base-uri 'none'; form-action 'none'";
}

std::string drawings_markup(const ReportInput& input) {
  std::string out;
  for (const Drawing& drawing : topology_drawings(input.record)) {
    const auto found = input.drawings.find(drawing.name);
    if (found == input.drawings.end()) continue;
    const std::string svg = sanitise_svg(found->second);
    if (svg.empty()) continue;
    out += "<figure class=\"drawing\" data-name=\"" + escape_xml(drawing.name) + "\">" + svg +
           "<figcaption>" + escape_xml(drawing.caption) + "</figcaption></figure>\n";
  }
  if (!out.empty()) return out;
  const std::string why = input.drawings_missing.empty() ? "There is no drawing." : input.drawings_missing;
  return "<p class=\"missing\">" + escape_xml(why) + "</p>\n";
}

/// Replaces each {{name}} of the template once; what is put in is not looked at again.
std::string fill(std::string_view page, const std::map<std::string, std::string, std::less<>>& pieces) {
  std::string out;
  while (!page.empty()) {
    const auto begin = page.find("{{");
    const auto end = begin == std::string_view::npos ? begin : page.find("}}", begin);
    if (end == std::string_view::npos) break;
    out += page.substr(0, begin);
    const auto piece = pieces.find(page.substr(begin + 2, end - begin - 2));
    if (piece != pieces.end()) out += piece->second;
    page.remove_prefix(end + 2);
  }
  return out += page;
}

}  // namespace

std::string make_html(const ReportInput& input) {
  const RunRecord& record = input.record;
  const std::string packed = pack_operations(record.history);
  const std::string word(verdict_word(input.verdict));
  const std::string operations = input.deflate ? input.deflate(packed) : packed;
  return fill(kPageTemplate, {{"csp", content_security_policy()},
                              {"title", escape_xml(word + " · " + record.info.scenario + " · seed " +
                                                   std::to_string(record.info.seed))},
                              {"verdict", word},
                              {"sentence", escape_xml(verdict_sentence(record, input.verdict))},
                              {"reproduce", escape_xml(record.info.reproduce)},
                              {"style", std::string(kPageStyle)},
                              {"script", std::string(kPageScript)},
                              {"drawings", drawings_markup(input)},
                              {"data", embeddable(page_data(input))},
                              {"encoding", input.deflate ? "deflate" : "identity"},
                              {"operations", base64(operations)}});
}

}  // namespace harness
