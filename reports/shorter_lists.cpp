#include "reports/shorter_lists.h"

#include <algorithm>

namespace harness::reporting {

std::string shorter_lists(std::string_view text) {
  constexpr std::ptrdiff_t kElements = 8;
  std::string out;
  while (!text.empty()) {
    const std::size_t begin = std::min(text.find('['), text.size());
    out += text.substr(0, begin);
    text.remove_prefix(begin);
    // The innermost lists alone: an end before the next beginning.
    const std::size_t end = text.find_first_of("[]", 1);
    if (end == std::string_view::npos || text[end] == '[') {
      const std::size_t length = std::min(end, text.size());
      out += text.substr(0, length);
      text.remove_prefix(length);
      continue;
    }
    const std::string_view list = text.substr(0, end + 1);
    text.remove_prefix(end + 1);
    const auto elements = std::count(list.begin(), list.end(), ',') + 1;
    if (elements <= kElements) {
      out += list;
      continue;
    }
    std::size_t third = 0;
    for (int i = 0; i < 3; ++i) third = list.find(',', third + 1);
    out += std::string(list.substr(0, third)) + ", … " + std::to_string(elements - 4) + " more …" +
           std::string(list.substr(list.rfind(',')));
  }
  return out;
}

}  // namespace harness::reporting
