/// LATENCY: the events and the histograms that the engine keeps.
#include <algorithm>

#include "server/commands/admin/handlers.h"

namespace node {

namespace {

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
  if (c.subcommand("reset", 2, -1)) return reset(c);
  if (c.subcommand("histogram", 2, -1)) return histogram(c);
  if (c.subcommand("doctor", 2, 2))
    return c.reply.verbatim(c.engine.latency.all().empty() ? "No latency events are recorded.\n"
                                                           : "See LATENCY LATEST for what took long.\n");
  if (c.subcommand("help", 2, 2)) return help(c);
  c.unknown_subcommand();
}

}  // namespace node
