#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "server/commands/table.h"

using namespace node;

TEST_CASE("every line of the command table is found by its name, in any case, and has a number of its own") {
  const CommandTable& table = command_table();
  std::set<std::size_t> numbers;
  for (const Command& command : table.commands()) {
    std::string upper(command.name);
    for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    CHECK(table.find(command.name) == &command);
    CHECK(table.find(upper) == &command);
    CHECK(table.resolve({upper}) == &command);
    numbers.insert(table.number_of(command));
  }
  for (const Command& sub : table.subcommands()) {
    const std::size_t bar = sub.name.find('|');
    CHECK(table.resolve({sub.name.substr(0, bar), sub.name.substr(bar + 1)}) == &sub);
    CHECK(table.find_by_full_name(sub.name) == &sub);
    numbers.insert(table.number_of(sub));
  }
  CHECK(numbers.size() == table.size());
  CHECK(*numbers.rbegin() == table.size() - 1);
}

TEST_CASE("names that are no command's, or a longer one's beginning, are not found") {
  const CommandTable& table = command_table();
  for (const char* name :
       {"", "ge", "gett", "config|ge", "config|", "a-name-longer-than-any-command-of-redis"})
    CHECK(table.find_by_full_name(name) == nullptr);
  CHECK(table.resolve({"config", "nothing"}) == table.find("config"));
}
