#include "common/service_names.hpp"

#include <algorithm>
#include <boost/algorithm/string/predicate.hpp>
#include <charconv>
#include <locale>

// The assembler copies the data file into the program; it finds the file through -I.
asm(".pushsection .rodata\n"
    ".global portlab_service_names\n"
    ".global portlab_service_names_end\n"
    "portlab_service_names:\n"
    ".incbin \"common/data/service-names.tsv\"\n"
    "portlab_service_names_end:\n"
    ".byte 0\n"
    ".popsection\n");
extern "C" const char portlab_service_names[];
extern "C" const char portlab_service_names_end[];

namespace portlab {

namespace {

constexpr std::string_view date_mark = "# as of ";

std::string_view file() {
  return {portlab_service_names,
          static_cast<std::size_t>(portlab_service_names_end - portlab_service_names)};
}

/// Removes the text up to the separator (or the end), and the separator, and returns that text.
std::string_view cut(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const auto front = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return front;
}

std::vector<ServiceName> read_registry() {
  constexpr std::size_t approximate_lines = 13'000;
  std::vector<ServiceName> registry;
  registry.reserve(approximate_lines);
  for (auto text = file(); !text.empty();) {
    auto line = cut(text, '\n');
    if (line.starts_with('#')) continue;
    ServiceName entry;
    const auto digits = cut(line, '\t');
    std::from_chars(digits.data(), digits.data() + digits.size(), entry.port);
    entry.transport = cut(line, '\t');
    entry.name = cut(line, '\t');
    entry.description = line;
    registry.push_back(entry);
  }
  return registry;
}

}  // namespace

std::span<const ServiceName> service_registry() {
  static const auto registry = read_registry();
  return registry;
}

std::span<const ServiceName> services_at(std::uint16_t port) {
  const auto registry = service_registry();
  // Not std::ranges::equal_range: clang 14 can't compile the one of g++ 12.
  const auto first = std::partition_point(registry.begin(), registry.end(),
                                          [&](const auto& entry) { return entry.port < port; });
  const auto last = std::partition_point(first, registry.end(),
                                         [&](const auto& entry) { return entry.port == port; });
  return {first, last};
}

std::string_view service_name(std::uint16_t port, std::string_view transport) {
  for (const auto& entry : services_at(port))
    if (entry.transport == transport) return entry.name;
  return {};
}

std::vector<ServiceName> services_named(std::string_view name) {
  std::vector<ServiceName> found;
  if (name.empty()) return found;
  for (const auto& entry : service_registry())
    if (boost::algorithm::iequals(entry.name, name, std::locale::classic())) found.push_back(entry);
  return found;
}

std::string_view registry_date() {
  auto text = file();
  const auto mark = text.find(date_mark);
  return mark == std::string_view::npos ? std::string_view()
                                        : text.substr(mark + date_mark.size(), 10);
}

}  // namespace portlab
