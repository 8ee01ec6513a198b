#include "harness/core/view_times.h"

#include <algorithm>
#include <ranges>

namespace harness {

std::vector<NodeViews> views_by_node(const RunRecord& run) {
  std::vector<NodeViews> views(run.nodes.size());
  for (const View& view : run.views)
    if (0 <= view.node && static_cast<std::size_t>(view.node) < views.size())
      views[static_cast<std::size_t>(view.node)].push_back(&view);
  for (NodeViews& of_node : views) std::ranges::stable_sort(of_node, {}, &View::begin);
  return views;
}

const View* view_at(const NodeViews& views, Nanos time) {
  const auto after = std::ranges::upper_bound(views, time, {}, &View::begin);
  return after == views.begin() ? nullptr : *std::prev(after);
}

const View* answer_at(const NodeViews& views, Nanos time) {
  const View* found = nullptr;
  for (const View* view : views)
    if (view->reachable && view->begin <= time) found = view;
  return found;
}

const View* answer_from(const NodeViews& views, Nanos time) {
  const auto found =
      std::ranges::find_if(views, [&](const View* view) { return view->reachable && view->begin >= time; });
  return found == views.end() ? nullptr : *found;
}

}  // namespace harness
