#pragma once
// The files of the live page (servers/http/live/), which are a part of the program.

#include <memory>
#include <span>
#include <string_view>

#include "servers/http/http_response.hpp"

namespace portlab::http {

struct LiveFile {
  std::string_view name;  ///< "live.css"; of the page itself: "index.html"
  std::string_view content;
};

/// All of them.
std::span<const LiveFile> live_files();

/// The file behind a path below /live/; null where there is none.
std::shared_ptr<const Representation> find_live_file(std::string_view name);

}  // namespace portlab::http
