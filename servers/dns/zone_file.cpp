#include "servers/dns/zone_file.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/text.hpp"
#include "servers/dns/zone_builder.hpp"
#include "servers/dns/zone_parser.hpp"

namespace portlab::dns {
namespace {

using Files = std::vector<std::string>;

std::string located(const Files& files, const ZoneProblem& problem, const char* kind) {
  return files[problem.place.file] + ":" + std::to_string(problem.place.line) + ": " + kind +
         problem.text;
}

Error to_error(std::vector<ZoneProblem> problems, const Files& files) {
  std::stable_sort(problems.begin(), problems.end(),
                   [](const auto& a, const auto& b) { return a.place < b.place; });
  std::string text;
  for (std::size_t i = 0; i < problems.size() && i < problems_max; ++i)
    text += (i == 0 ? "" : "\n") + located(files, problems[i], "");
  if (problems.size() > problems_max)
    text += "\n" + files[0] + ": … and " + std::to_string(problems.size() - problems_max) + " more";
  return Error{text};
}

}  // namespace

Result<LoadedZone> parse_zone(std::string_view text, const ZoneSource& source,
                              const FileReader& read) {
  auto parsed = parse_zone_text(text, source, read);
  // Checking a partly read zone would report records as missing that could not be read.
  if (!parsed.problems.empty()) return to_error(std::move(parsed.problems), parsed.files);
  LoadedZone loaded;
  loaded.zone = build_zone(parsed.records, source.origin, parsed.problems, parsed.warnings);
  if (!parsed.problems.empty()) return to_error(std::move(parsed.problems), parsed.files);
  const auto shown = std::min(parsed.warnings.size(), problems_max);
  for (const auto& warning : std::span(parsed.warnings).first(shown))
    loaded.warnings.push_back(located(parsed.files, warning, "warning: "));
  if (shown < parsed.warnings.size())
    loaded.warnings.push_back(parsed.files[0] + ": … and " +
                              std::to_string(parsed.warnings.size() - shown) + " more warnings");
  loaded.files = std::move(parsed.files);
  return loaded;
}

Result<LoadedZone> load_zone(const ZoneSource& source, const FileReader& read) {
  const auto text = read(source.file);
  if (!text) return Error{"zone " + source.file.string() + ": " + text.error().text};
  return parse_zone(*text, source, read);
}

Result<LoadedZones> load_zones(std::span<const ZoneSource> sources, const FileReader& read) {
  LoadedZones all;
  std::vector<std::shared_ptr<const Zone>> zones;
  if (sources.size() > zones_max)
    return Error{std::to_string(sources.size()) + " zones; the maximum is " +
                 std::to_string(zones_max)};
  for (std::size_t i = 0; i < sources.size(); ++i) {
    auto loaded = load_zone(sources[i], read);
    if (!loaded) return loaded.error();
    for (std::size_t other = 0; other < i; ++other)
      if (zones[other]->apex() == loaded->zone->apex())
        return Error{"zone " + loaded->zone->apex().to_text() +
                     " is in two files: " + sources[other].file.string() + " and " +
                     sources[i].file.string() + ": name one of them"};
    zones.push_back(std::move(loaded->zone));
    std::move(loaded->warnings.begin(), loaded->warnings.end(), std::back_inserter(all.warnings));
    std::move(loaded->files.begin(), loaded->files.end(), std::back_inserter(all.files));
  }
  all.zones = std::make_shared<ZoneSet>(std::move(zones));
  return all;
}

}  // namespace portlab::dns
