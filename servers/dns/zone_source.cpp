#include "servers/dns/zone_source.hpp"

#include <array>
#include <fstream>
#include <sstream>
#include <system_error>

#include "common/dns/types.hpp"
#include "common/text.hpp"

namespace portlab::dns {

Result<ZoneSource> parse_zone_source(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos ||
      text.substr(0, equals).find('/') != std::string_view::npos)
    return ZoneSource{std::nullopt, std::string(text)};
  const auto origin = Name::from_text(text.substr(0, equals));
  if (!origin)
    return Error{origin.error().text + " (in ORIGIN=FILE; ./ before a file's name that has a =)"};
  if (equals + 1 == text.size())
    return Error{"'" + std::string(text) + "': after ORIGIN= there must be a FILE"};
  return ZoneSource{*origin, std::string(text.substr(equals + 1))};
}

std::optional<Name> origin_from_file_name(const std::filesystem::path& file) {
  constexpr std::array<std::string_view, 5> endings = {".signed", ".txt", ".zone", ".db", ".dns"};
  const std::string name = file.filename().string();
  std::string_view text = name;
  for (const auto ending : endings)
    if (text.size() > ending.size() &&
        equal_ignoring_case(text.substr(text.size() - ending.size()), ending))
      text.remove_suffix(ending.size());
  if (text.size() > 3 && equal_ignoring_case(text.substr(0, 3), "db.")) text.remove_prefix(3);
  // db.192.168.1 is a reverse zone, but not its name; and a zone file may be named zone.
  const auto last =
      text.substr(text.rfind('.') == std::string_view::npos ? 0 : text.rfind('.') + 1);
  const bool is_name = text.find_first_not_of(
                           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                           "0123456789-_.") == std::string_view::npos;
  if (!is_name || last.find_first_not_of("0123456789") == std::string_view::npos)
    return std::nullopt;
  const auto origin = Name::from_text(text);
  return origin ? std::optional(*origin) : std::nullopt;
}

Result<std::string> read_zone_file(const std::filesystem::path& file) {
  std::error_code failed;
  const auto size = std::filesystem::file_size(file, failed);
  if (failed) return Error{failed.message() + ": check its name and the permissions"};
  if (size > zone_file_bytes_max) return Error{"it is larger than 16 MiB: is it a zone file?"};
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  if (size > 0) text << stream.rdbuf();
  if (!stream) return Error{"it cannot be read: check its permissions"};
  return text.str();
}

}  // namespace portlab::dns
