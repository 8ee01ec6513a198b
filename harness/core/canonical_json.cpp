#include "harness/core/canonical_json.h"

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "harness/core/value.h"

namespace harness {
namespace {

using Json = nlohmann::json;

/// Writes a text anew while it is parsed.
class CanonicalWriter : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return put("null"); }
  bool boolean(bool value) override { return put(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return put(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return put(std::to_string(value)); }
  bool number_float(number_float_t value, const string_t& digits) override {
    const bool whole = digits.find_first_not_of("-0123456789") == std::string::npos;
    return put(whole ? digits : Json(value).dump());
  }
  bool string(string_t& value) override {
    std::string text;
    append_json_string(text, value);
    return put(std::move(text));
  }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(); }
  bool key(string_t& name) override {
    open_.back().name = name;
    return true;
  }
  bool end_object() override {
    std::string text = "{";
    for (const auto& [name, value] : open_.back().fields) {
      if (text.size() > 1) text += ',';
      append_json_string(text, name);
      text += ":" + value;
    }
    return close(text + "}");
  }
  bool start_array(std::size_t) override { return open(); }
  bool end_array() override {
    std::string text = "[";
    for (const std::string& element : open_.back().elements) text += (text.size() > 1 ? "," : "") + element;
    if (open_.size() == 1) elements = std::move(open_.back().elements);
    return close(text + "]");
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

  std::string out;
  std::vector<std::string> elements;  // of the whole, when it is an array

 private:
  /// An object or array that is being read.
  struct Open {
    std::optional<std::string> name;  // of an object: the field whose value comes
    std::map<std::string, std::string> fields;
    std::vector<std::string> elements;
  };
  bool open() {
    open_.emplace_back();
    return true;
  }
  bool close(std::string text) {
    open_.pop_back();
    return put(std::move(text));
  }
  bool put(std::string text) {
    if (open_.empty()) {
      out = std::move(text);
    } else if (open_.back().name) {
      open_.back().fields[*open_.back().name] = std::move(text);
    } else {
      open_.back().elements.push_back(std::move(text));
    }
    return true;
  }
  std::vector<Open> open_;
};

}  // namespace

std::string canonical_json(std::string_view text) {
  CanonicalWriter writer;
  return Json::sax_parse(text, &writer) ? writer.out : std::string();
}

std::vector<std::string> canonical_elements(std::string_view text) {
  CanonicalWriter writer;
  Json::sax_parse(text, &writer);
  return std::move(writer.elements);
}

}  // namespace harness
