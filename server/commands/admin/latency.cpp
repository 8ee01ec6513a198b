/// LATENCY: the events and the histograms that the engine keeps.
#include <algorithm>
#include <span>

#include "server/commands/admin/handlers.h"

namespace node {

namespace {

constexpr int kGraphRows = 4;
constexpr std::size_t kGraphColumns = 80;

void latest(Call& c) {
  const auto& events = c.engine.latency.all();
  c.reply.array(events.size());
  for (const auto& [name, series] : events) {
    c.reply.array(4);
    c.reply.bulk(name);
    c.reply.integer(series.samples.back().time_s);
    c.reply.integer(series.samples.back().ms);
    c.reply.integer(series.max_ms);
  }
}

void history(Call& c) {
  const auto& events = c.engine.latency.all();
  const auto it = events.find(c.arg(2));
  if (it == events.end()) return c.reply.array(0);
  c.reply.array(it->second.samples.size());
  for (const LatencyEvents::Sample& s : it->second.samples) {
    c.reply.array(2);
    c.reply.integer(s.time_s);
    c.reply.integer(s.ms);
  }
}

/// How long ago, in the largest unit that fits.
std::string age(std::int64_t seconds) {
  if (seconds < 60) return std::to_string(seconds) + "s";
  if (seconds < 3600) return std::to_string(seconds / 60) + "m";
  if (seconds < 24 * 3600) return std::to_string(seconds / 3600) + "h";
  return std::to_string(seconds / (24 * 3600)) + "d";
}

/// A column's character in a row of the graph, counted from below, of a value in steps of a third of a row.
char filled(int step, int row) {
  constexpr std::string_view kSteps = "_o#";
  const int third = step - row * static_cast<int>(kSteps.size());
  if (third < 0) return ' ';
  return third < static_cast<int>(kSteps.size()) ? kSteps[static_cast<std::size_t>(third)] : '|';
}

struct Column {
  int step;
  std::string label;
};

/// Columns as lines: four of the graph, an empty one, and the labels from top to bottom.
std::string drawn(std::span<const Column> columns) {
  std::string out;
  for (int row = kGraphRows - 1; row >= 0; --row) {
    for (const Column& column : columns) out += filled(column.step, row);
    out += '\n';
  }
  out += std::string(columns.size(), ' ') + '\n';
  std::size_t longest = 0;
  for (const Column& column : columns) longest = std::max(longest, column.label.size());
  for (std::size_t at = 0; at < longest; ++at) {
    for (const Column& column : columns) out += at < column.label.size() ? column.label[at] : ' ';
    out += '\n';
  }
  return out;
}

/// The samples of an event as a graph of characters, like redis's.
void graph(Call& c) {
  const auto& events = c.engine.latency.all();
  const auto it = events.find(c.arg(2));
  if (it == events.end())
    return c.error("ERR No samples available for event '" + std::string(c.arg(2)) + "'");
  const auto& samples = it->second.samples;
  const auto [low, high] = std::ranges::minmax(samples, {}, &LatencyEvents::Sample::ms);
  const std::int64_t range = std::max<std::int64_t>(1, high.ms - low.ms);
  constexpr int kSteps = 3 * kGraphRows;
  std::vector<Column> columns;
  for (const LatencyEvents::Sample& s : samples)
    columns.push_back({static_cast<int>(std::min<std::int64_t>(kSteps - 1, (s.ms - low.ms) * kSteps / range)),
                       age(c.engine.state.now_ms / 1000 - s.time_s)});
  std::string text = it->first + " - high " + std::to_string(high.ms) + " ms, low " + std::to_string(low.ms) +
                     " ms (all time high " + std::to_string(it->second.max_ms) + " ms)\n" +
                     std::string(kGraphColumns, '-') + '\n';
  for (std::size_t from = 0; from < columns.size(); from += kGraphColumns)
    text += (from > 0 ? "\n" : "") +
            drawn(std::span(columns).subspan(from, std::min(kGraphColumns, columns.size() - from)));
  c.reply.verbatim(text);
}

void reset(Call& c) {
  std::vector<std::string> names(c.argv.begin() + 2, c.argv.end());
  if (names.empty())
    for (const auto& [name, series] : c.engine.latency.all()) names.push_back(name);
  std::int64_t gone = 0;
  for (const std::string& name : names) gone += c.engine.latency.forget(name);
  c.reply.integer(gone);
}

void reply_histogram(Call& c, const Command& command) {
  const CommandStats& s = c.engine.stats_of(command);
  c.reply.bulk(command.name);
  c.reply.map(2);
  c.reply.bulk("calls");
  c.reply.integer(static_cast<std::int64_t>(s.calls));
  c.reply.bulk("histogram_usec");
  const auto buckets = s.latency.buckets();
  c.reply.map(buckets.size());
  for (const LatencyHistogram::Bucket& bucket : buckets) {
    c.reply.integer(bucket.usec);
    c.reply.integer(static_cast<std::int64_t>(bucket.calls));
  }
}

/// Of all commands that ran, or of those named; a container stands for its subcommands.
void histogram(Call& c) {
  std::vector<const Command*> wanted;
  auto add = [&](const Command& command) {
    if (!c.engine.stats_of(command).latency.empty()) wanted.push_back(&command);
    for (const Command& sub : c.engine.table.subcommands_of(command))
      if (!c.engine.stats_of(sub).latency.empty()) wanted.push_back(&sub);
  };
  if (c.argc() == 2)
    for (const Command& command : c.engine.table.commands()) add(command);
  for (std::size_t i = 2; i < c.argc(); ++i)
    if (const Command* command = c.engine.table.find_by_full_name(c.arg(i))) add(*command);
  c.reply.map(wanted.size());
  for (const Command* command : wanted) reply_histogram(c, *command);
}

}  // namespace

void command_latency(Call& c) {
  if (c.subcommand("latest", 2, 2)) return latest(c);
  if (c.subcommand("history", 3, 3)) return history(c);
  if (c.subcommand("graph", 3, 3)) return graph(c);
  if (c.subcommand("reset", 2, -1)) return reset(c);
  if (c.subcommand("histogram", 2, -1)) return histogram(c);
  if (c.subcommand("doctor", 2, 2))
    return c.reply.verbatim(c.engine.latency.all().empty() ? "No latency events are recorded.\n"
                                                           : "See LATENCY LATEST for what took long.\n");
  if (c.subcommand("help", 2, 2)) return help(c);
  c.unknown_subcommand();
}

}  // namespace node
