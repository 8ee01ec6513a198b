#include "server/commands/key_finders.h"

#include "server/keyspace/number.h"
#include "server/resp/same_word.h"

namespace node {

std::vector<std::size_t> keys_counted(const std::vector<std::string_view>& argv, std::size_t count_at) {
  std::vector<std::size_t> at;
  if (count_at >= argv.size()) return at;
  const auto n = parse_integer(argv[count_at]);
  // A count that cannot be right names no keys: the command itself says what is wrong.
  if (!n || *n < 0 || *n > static_cast<std::int64_t>(argv.size() - count_at - 1)) return at;
  for (std::size_t i = count_at + 1; i < argv.size() && at.size() < static_cast<std::size_t>(*n); ++i)
    at.push_back(i);
  return at;
}

std::vector<std::size_t> keys_store_count(const std::vector<std::string_view>& argv) {
  std::vector<std::size_t> at = keys_counted(argv, 2);
  at.insert(at.begin(), 1);
  return at;
}

std::vector<std::size_t> keys_of_streams(const std::vector<std::string_view>& argv, std::size_t from) {
  std::vector<std::size_t> at;
  for (std::size_t i = from; i < argv.size(); ++i) {
    if (!same_word(argv[i], "streams")) continue;
    const std::size_t keys = (argv.size() - i - 1) / 2;
    for (std::size_t k = 1; k <= keys; ++k) at.push_back(i + k);
    break;
  }
  return at;
}

std::vector<std::size_t> keys_migrate(const std::vector<std::string_view>& argv) {
  if (argv.size() > 3 && !argv[3].empty()) return {3};
  std::vector<std::size_t> at;
  for (std::size_t i = 6; i < argv.size(); ++i) {
    if (same_word(argv[i], "auth"))
      ++i;
    else if (same_word(argv[i], "auth2"))
      i += 2;
    else if (same_word(argv[i], "keys")) {
      for (++i; i < argv.size(); ++i) at.push_back(i);
    }
  }
  return at;
}

std::vector<std::size_t> keys_sort(const std::vector<std::string_view>& argv) {
  std::vector<std::size_t> at{1};
  std::size_t target = 0;  // of the last STORE, which wins
  for (std::size_t i = 2; i < argv.size(); ++i) {
    if (same_word(argv[i], "limit"))
      i += 2;
    else if (same_word(argv[i], "get") || same_word(argv[i], "by"))
      ++i;
    else if (same_word(argv[i], "store") && i + 1 < argv.size())
      target = ++i;
  }
  if (target) at.push_back(target);
  return at;
}

std::vector<std::size_t> keys_georadius(const std::vector<std::string_view>& argv, std::size_t from) {
  std::vector<std::size_t> at{1};
  std::size_t target = 0;  // of the last of them, which wins (valkey#3971)
  for (std::size_t i = from; i + 1 < argv.size(); ++i)
    if (same_word(argv[i], "store") || same_word(argv[i], "storedist")) target = ++i;
  if (target) at.push_back(target);
  return at;
}

std::vector<std::size_t> keys_sort_read(const std::vector<std::string_view>&) {
  return {1};
}

}  // namespace node
