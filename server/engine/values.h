/// Typed access to the values of keys, shared by the files of commands.
#pragma once

#include <memory>

#include "server/engine/call.h"
#include "server/engine/reply_errors.h"

namespace node {

template <class T>
T* Call::value(std::string_view key, bool& ok, bool for_write) {
  Entry* e = for_write ? db().change(key) : db().read(key);
  if (!e) return nullptr;
  if (auto* held = std::get_if<std::unique_ptr<T>>(&e->value)) return held->get();
  ok = false;
  wrong_type();
  return nullptr;
}

/// The key's value as T, made when absent. Null after a WRONGTYPE answer.
template <class T>
T* value_or_new(Call& call, std::string_view key) {
  bool ok = true;
  T* held = call.value<T>(key, ok, true);
  if (!ok || held) return held;
  Entry* e = call.db().set(key, std::make_unique<T>());
  return std::get<std::unique_ptr<T>>(e->value).get();
}

/// The string as bytes that may be changed in place; made when absent. Null after a WRONGTYPE answer.
std::string* raw_string(Call& call, std::string_view key, bool& ok);

/// An index as LRANGE and its like have it, made absolute: [from, to] within size, or an empty answer.
struct Span {
  std::size_t from = 0, to = 0;
  bool empty = true;
};
inline Span span_of(std::int64_t start, std::int64_t stop, std::size_t size) {
  const auto n = static_cast<std::int64_t>(size);
  if (start < 0) start = std::max<std::int64_t>(0, start + n);
  if (stop < 0) stop += n;
  if (stop >= n) stop = n - 1;
  if (start > stop || start >= n) return {};
  return {static_cast<std::size_t>(start), static_cast<std::size_t>(stop), false};
}

}  // namespace node
