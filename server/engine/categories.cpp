#include "server/engine/categories.h"

namespace node {

namespace {

/// A category of ACL CAT for each group that has one.
std::string_view category_of(const Command& k) {
  constexpr std::pair<std::string_view, std::string_view> of_group[] = {{"string", "@string"},
                                                                        {"bitmap", "@bitmap"},
                                                                        {"list", "@list"},
                                                                        {"set", "@set"},
                                                                        {"hash", "@hash"},
                                                                        {"sorted-set", "@sortedset"},
                                                                        {"geo", "@geo"},
                                                                        {"hyperloglog", "@hyperloglog"},
                                                                        {"stream", "@stream"},
                                                                        {"scripting", "@scripting"},
                                                                        {"transactions", "@transaction"},
                                                                        {"connection", "@connection"}};
  for (const auto& [group, category] : of_group)
    if (k.group == group) return category;
  if (k.name == "asking" || k.name == "readonly" || k.name == "readwrite" || k.name == "wait" ||
      k.name.starts_with("command"))
    return "@connection";
  return k.group == "generic" && !k.name.starts_with("sort") ? "@keyspace" : "";
}

}  // namespace

std::vector<std::string_view> categories_of(const CommandTable& table, const Command& k) {
  std::vector<std::string_view> out;
  auto add = [&](bool has, std::string_view name) {
    if (has) out.push_back(name);
  };
  const bool container = !table.subcommands_of(k).empty();
  add(k.is(flag::acl_keyspace), "@keyspace");
  const std::string_view group = category_of(k);
  add((!container || k.name == "command") && !group.empty(), group);
  add(k.name == "sort" || k.name == "sort_ro", "@set");
  add(k.name == "sort" || k.name == "sort_ro", "@sortedset");
  add(k.name == "sort" || k.name == "sort_ro", "@list");
  add(k.is(flag::write), "@write");
  // A script may read, but is not counted as reading.
  add(k.is(flag::readonly) && k.group != "scripting", "@read");
  add(k.is(flag::admin | flag::acl_admin), "@admin");
  add(k.is(flag::pubsub), "@pubsub");
  add(k.is(flag::fast), "@fast");
  add(!k.is(flag::fast), "@slow");
  add(k.is(flag::blocking), "@blocking");
  add(k.is(flag::admin | flag::acl_dangerous), "@dangerous");
  return out;
}

acl::Catalogue catalogue_of(const CommandTable& table) {
  std::vector<acl::Catalogue::Line> lines(table.size());
  const auto add = [&](const Command& command) {
    acl::Categories bits = 0;
    for (const std::string_view name : categories_of(table, command))
      bits |= acl::category_named(name.substr(1)).value_or(0);
    lines[table.number_of(command)] = {command.name, bits};
  };
  for (const Command& command : table.commands()) add(command);
  for (const Command& command : table.subcommands()) add(command);
  return acl::Catalogue(std::move(lines));
}

}  // namespace node
