/// Keys that move with the arguments.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace node {

std::vector<std::size_t> keys_counted(const std::vector<std::string_view>& argv, std::size_t count_at);
/// argv[N] says how many keys follow it.
template <std::size_t N>
std::vector<std::size_t> keys_after_count(const std::vector<std::string_view>& argv) {
  return keys_counted(argv, N);
}
/// target numkeys key …
std::vector<std::size_t> keys_store_count(const std::vector<std::string_view>& argv);
/// The first half of what follows the word STREAMS, which is looked for from argv[from] on.
std::vector<std::size_t> keys_of_streams(const std::vector<std::string_view>& argv, std::size_t from);
template <std::size_t From>
std::vector<std::size_t> keys_streams(const std::vector<std::string_view>& argv) {
  return keys_of_streams(argv, From);
}
std::vector<std::size_t> keys_migrate(const std::vector<std::string_view>& argv);
/// The sorted key and that of STORE.
std::vector<std::size_t> keys_sort_read(const std::vector<std::string_view>& argv);
std::vector<std::size_t> keys_sort(const std::vector<std::string_view>& argv);

}  // namespace node
