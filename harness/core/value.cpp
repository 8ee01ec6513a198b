#include "harness/core/value.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <nlohmann/json.hpp>

#include "harness/core/canonical_json.h"
#include "harness/core/check.h"

namespace harness {
namespace {

constexpr std::size_t kChunkValues = 4096;

std::uint64_t finish_hash(std::uint64_t hash) {
  hash = (hash ^ (hash >> 32)) * 0xd6e8feb86659fd93ULL;
  return hash ^ (hash >> 32);
}

std::uint64_t hash_text(std::string_view text) {
  std::uint64_t hash = text.size() * 0x9e3779b97f4a7c15ULL;
  while (text.size() >= 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data(), 8);
    hash = finish_hash(hash ^ word);
    text.remove_prefix(8);
  }
  std::uint64_t rest = 0;
  if (!text.empty()) std::memcpy(&rest, text.data(), text.size());
  return finish_hash(hash ^ rest);
}

/// A text of up to seven bytes as a number: its bytes, and its length with one added at the top. 0 for
/// others. Most keys are that short, and are told apart without a look at their text.
std::uint64_t short_word(std::string_view text) {
  const std::size_t size = text.size();
  if (size > 7) return 0;
  std::uint64_t word = (size + 1) << 56;
  if (size >= 4) {
    std::uint32_t low, high;  // they overlap, and agree where they do
    std::memcpy(&low, text.data(), 4);
    std::memcpy(&high, text.data() + size - 4, 4);
    return word | low | static_cast<std::uint64_t>(high) << (8 * (size - 4));
  }
  for (std::size_t i = 0; i < size; ++i)
    word |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[i])) << (8 * i);
  return word;
}

std::uint64_t hash_elements(std::span<const Value> elements) {
  std::uint64_t hash = 0xcbf29ce484222325ULL ^ elements.size();
  for (Value element : elements) {
    hash ^= element.bits();
    hash *= 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 29;
  }
  return finish_hash(hash);
}

}  // namespace

std::uint32_t StringTable::find(std::string_view text, std::uint64_t word, std::uint64_t hash) const {
  return ids_.find(hash,
                   [&](std::uint32_t id) { return words_[id] == word && (word != 0 || texts_[id] == text); });
}

std::uint32_t StringTable::intern(std::string_view text) {
  const std::uint64_t word = short_word(text);
  const std::uint64_t hash = word != 0 ? finish_hash(word) : hash_text(text);
  const std::uint32_t found = find(text, word, hash);
  if (found != IdIndex::kNone) return found;
  const auto id = static_cast<std::uint32_t>(texts_.size());
  texts_.emplace_back(text);
  words_.push_back(word);
  ids_.insert(hash, id, [&](std::uint32_t other) {
    return words_[other] != 0 ? finish_hash(words_[other]) : hash_text(texts_[other]);
  });
  return id;
}

std::uint32_t StringTable::find(std::string_view text) const {
  const std::uint64_t word = short_word(text);
  return find(text, word, word != 0 ? finish_hash(word) : hash_text(text));
}

Value ValueTable::text(std::string_view text) {
  return Value::reference(Value::Kind::kText, texts_.intern(text));
}

Value ValueTable::other(std::string_view json) {
  return Value::reference(Value::Kind::kOther, others_.intern(json));
}

Value ValueTable::integer(std::int64_t number) {
  return Value::fits(number) ? Value::integer(number) : other(std::to_string(number));
}

std::uint32_t ValueTable::find_list(std::span<const Value> elements, std::uint64_t hash) const {
  return list_ids_.find(
      hash, [&](std::uint32_t id) { return std::ranges::equal(this->elements(lists_[id]), elements); });
}

Value ValueTable::list(std::span<const Value> elements) {
  const std::uint64_t hash = hash_elements(elements);
  if (const std::uint32_t found = find_list(elements, hash); found != IdIndex::kNone)
    return Value::reference(Value::Kind::kList, found);
  if (chunks_.empty() || chunks_.back().size() + elements.size() > chunks_.back().capacity())
    chunks_.emplace_back().reserve(std::max(kChunkValues, elements.size()));
  std::vector<Value>& chunk = chunks_.back();
  const auto id = static_cast<std::uint32_t>(lists_.size());
  lists_.push_back({static_cast<std::uint32_t>(chunks_.size() - 1), static_cast<std::uint32_t>(chunk.size()),
                    static_cast<std::uint32_t>(elements.size())});
  chunk.insert(chunk.end(), elements.begin(), elements.end());
  list_ids_.insert(hash, id,
                   [&](std::uint32_t other) { return hash_elements(this->elements(lists_[other])); });
  return Value::reference(Value::Kind::kList, id);
}

std::optional<Value> ValueTable::find_json(std::string_view json) const {
  const auto parsed = nlohmann::json::parse(json, nullptr, false);
  if (parsed.is_discarded()) throw UsageError("not a JSON value: " + std::string(json));
  const auto reference = [](Value::Kind kind, std::uint32_t id) -> std::optional<Value> {
    if (id == 0xffffffff) return std::nullopt;
    return Value::reference(kind, id);
  };
  if (parsed.is_null()) return Value{};
  if (parsed.is_number_integer() && !parsed.is_number_unsigned() && Value::fits(parsed.get<std::int64_t>()))
    return Value::integer(parsed.get<std::int64_t>());
  if (parsed.is_number_unsigned() && parsed.get<std::uint64_t>() < (1ULL << 60))
    return Value::integer(static_cast<std::int64_t>(parsed.get<std::uint64_t>()));
  if (parsed.is_string()) return reference(Value::Kind::kText, texts_.find(parsed.get<std::string>()));
  if (!parsed.is_array()) return reference(Value::Kind::kOther, others_.find(canonical_json(json)));
  std::vector<Value> elements;
  for (const std::string& element : canonical_elements(json)) {
    const auto found = find_json(element);
    if (!found) return std::nullopt;
    elements.push_back(*found);
  }
  return reference(Value::Kind::kList, find_list(elements, hash_elements(elements)));
}

Value ValueTable::from_json(std::string_view json) {
  if (const auto known = find_json(json)) return *known;
  const auto parsed = nlohmann::json::parse(json);
  if (parsed.is_string()) return text(parsed.get<std::string>());
  if (!parsed.is_array()) return other(canonical_json(json));
  std::vector<Value> elements;
  for (const std::string& element : canonical_elements(json)) elements.push_back(from_json(element));
  return list(elements);
}

bool ValueTable::contains(Value value) const {
  switch (value.kind()) {
    case Value::Kind::kNil:
      return value.is_nil();
    case Value::Kind::kInteger:
      return true;
    case Value::Kind::kText:
      return value.index() < texts_.size();
    case Value::Kind::kOther:
      return value.index() < others_.size();
    case Value::Kind::kList:
      return value.index() < lists_.size();
  }
  return false;
}

std::string ValueTable::to_json(Value value) const {
  switch (value.kind()) {
    case Value::Kind::kNil:
      return "null";
    case Value::Kind::kInteger:
      return std::to_string(value.as_integer());
    case Value::Kind::kOther:
      return std::string(as_other(value));
    case Value::Kind::kText: {
      std::string out;
      append_json_string(out, as_text(value));
      return out;
    }
    case Value::Kind::kList: {
      std::string out = "[";
      for (Value element : as_list(value)) {
        if (out.size() > 1) out += ',';
        out += to_json(element);
      }
      return out += ']';
    }
  }
  CHECK_THAT_HOLDS(false, "a value of no kind");
  return {};
}

std::size_t ValueTable::bytes(Value value) const {
  constexpr std::size_t kText = 64;  // a string, and its place in the index
  constexpr std::size_t kList = 40;  // likewise
  switch (value.kind()) {
    case Value::Kind::kNil:
    case Value::Kind::kInteger:
      return 0;
    case Value::Kind::kText:
      return kText + as_text(value).size();
    case Value::Kind::kOther:
      return kText + as_other(value).size();
    case Value::Kind::kList: {
      std::size_t all = kList;
      for (const Value element : as_list(value)) all += sizeof(Value) + bytes(element);
      return all;
    }
  }
  return 0;
}

Value ValueTransfer::transfer(Value value) {
  if (&from_ == &into_) return value;
  if (value.kind() == Value::Kind::kOther) return into_.other(from_.as_other(value));
  if (value.kind() == Value::Kind::kList) {
    std::vector<Value> elements;
    for (const Value element : from_.as_list(value)) elements.push_back((*this)(element));
    return into_.list(elements);
  }
  if (texts_.size() <= value.index()) texts_.resize(from_.texts());
  Value& known = texts_[value.index()];
  if (known.is_nil()) known = into_.text(from_.as_text(value));
  return known;
}

std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  const unsigned char second = byte(1);
  const bool overlong_or_surrogate = (lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
                                     (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f);
  return overlong_or_surrogate ? 0 : length;
}

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const auto byte = static_cast<unsigned char>(text.front());
    if (length == 0) {
      out += "\xef\xbf\xbd";
    } else if (byte == '"' || byte == '\\') {
      out += '\\';
      out += text.front();
    } else if (byte == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  out += '"';
}

}  // namespace harness
