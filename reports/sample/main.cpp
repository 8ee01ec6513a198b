// Writes every report of the sample runs to a directory, to be looked at: report-sample DIRECTORY
// [OPERATIONS].
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "harness/run/deflate.h"
#include "harness/run/graphviz.h"
#include "reports/graph.h"
#include "reports/reports.h"
#include "reports/sample/sample_record.h"

using namespace harness;

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: report-sample DIRECTORY [OPERATIONS]\n";
    return 2;
  }
  const std::pair<const char*, SampleVerdict> runs[] = {{"pass", SampleVerdict::kPass},
                                                        {"fail", SampleVerdict::kFail},
                                                        {"unknown", SampleVerdict::kUnknown},
                                                        {"error", SampleVerdict::kError}};
  for (const auto& [name, verdict] : runs) {
    SampleOptions options;
    options.verdict = verdict;
    if (argc > 2) options.operations = std::strtoull(argv[2], nullptr, 10);
    const Sample sample = make_sample(options);
    ReportInput input{sample.record, sample.verdict, {}, {}, deflate_zlib, true, "store/latest/report.html"};
    std::vector<Graph> graphs;
    for (const Drawing& drawing : topology_drawings(sample.record))
      graphs.push_back({drawing.name, drawing.dot});
    const Rendering rendering = render_graphs(graphs);
    input.drawings = rendering.svg;
    input.drawings_missing = rendering.missing;
    for (const Report& report : reports()) {
      const std::string file = report.file_name.empty() ? "summary.txt" : std::string(report.file_name);
      std::ofstream out(std::string(argv[1]) + "/" + name + "-" + file, std::ios::binary);
      out << report.make(input);
      if (!out.flush()) {
        std::cerr << "cannot write to " << argv[1] << "\n";
        return 3;
      }
    }
  }
}
