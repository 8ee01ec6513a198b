#include "server/resp/writer.h"

#include <cmath>
#include <cstdio>

namespace node {

namespace {
std::string_view double_text(double v, char (&buffer)[64]) {
  if (std::isinf(v)) return v > 0 ? "inf" : "-inf";
  if (std::isnan(v)) return "nan";
  const int n = std::snprintf(buffer, sizeof buffer, "%.17g", v);
  return {buffer, static_cast<std::size_t>(n)};
}
}  // namespace

void Writer::error(std::string_view text) {
  out_.push_back('-');
  const std::size_t from = out_.size();
  out_.append(text);
  for (std::size_t i = from; i < out_.size(); ++i)
    if (out_[i] == '\r' || out_[i] == '\n') out_[i] = ' ';
  out_.append("\r\n", 2);
}

void Writer::bulk_integer(std::int64_t v) {
  char text[24];
  bulk({text, static_cast<std::size_t>(std::to_chars(text, text + 24, v).ptr - text)});
}

void Writer::bulk_double(double v) {
  char text[64];
  bulk(double_text(v, text));
}

void Writer::real(double v) {
  char text[64];
  if (resp_ == 3)
    line(',', double_text(v, text));
  else
    bulk(double_text(v, text));
}

void Writer::verbatim(std::string_view text, std::string_view format) {
  if (resp_ != 3) {
    bulk(text);
    return;
  }
  header('=', text.size() + 4);
  out_.append(format);
  out_.push_back(':');
  out_.append(text);
  out_.append("\r\n", 2);
}

void append_command(std::string& out, const std::string_view* argv, std::size_t count) {
  char text[32];
  auto header = [&](char type, std::size_t n) {
    text[0] = type;
    char* end = std::to_chars(text + 1, text + 29, n).ptr;
    *end++ = '\r';
    *end++ = '\n';
    out.append(text, static_cast<std::size_t>(end - text));
  };
  header('*', count);
  for (std::size_t i = 0; i < count; ++i) {
    header('$', argv[i].size());
    out.append(argv[i]);
    out.append("\r\n", 2);
  }
}

}  // namespace node
