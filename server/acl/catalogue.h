/// The commands as users' rules see them: names, which is a subcommand of which, and the categories of each.
/// The rules know nothing else of a command.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace node::acl {

/// A set of categories, one bit each: see category_names().
using Categories = std::uint32_t;

/// In the order in which ACL CAT lists them; the bit of each is its place.
std::span<const std::string_view> category_names();
/// By name, in any case and without its "@".
std::optional<Categories> category_named(std::string_view name);

class Catalogue {
 public:
  struct Line {
    std::string_view name;  ///< "get", or "config|get"; lower case
    Categories categories = 0;
  };
  /// The number of a command is its place among the lines. REQUIRES: a container stands before its
  /// subcommands.
  explicit Catalogue(std::vector<Line> lines);

  std::size_t size() const { return lines_.size(); }
  const Line& line(std::size_t number) const { return lines_[number]; }
  /// By full name, in any case.
  std::optional<std::size_t> find(std::string_view name) const;
  std::span<const std::size_t> subcommands(std::size_t number) const { return subcommands_[number]; }
  bool is_subcommand(std::size_t number) const {
    return lines_[number].name.find('|') != std::string_view::npos;
  }

 private:
  std::vector<Line> lines_;
  std::vector<std::vector<std::size_t>> subcommands_;
};

}  // namespace node::acl
