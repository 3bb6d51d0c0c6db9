#include "servers/http/live_files.hpp"

#include <map>
#include <string>

#include "common/stable_hash.hpp"
#include "servers/http/media_type.hpp"

// The assembler copies each file into the program; it finds the files through -I. (A macro, because
// asm() takes literals only.)
#define PORTLAB_LIVE_FILE(symbol, file)   \
  asm(".pushsection .rodata\n"            \
      ".global portlab_live_" symbol      \
      "\n"                                \
      ".global portlab_live_" symbol      \
      "_end\n"                            \
      "portlab_live_" symbol              \
      ":\n"                               \
      ".incbin \"servers/http/live/" file \
      "\"\n"                              \
      "portlab_live_" symbol              \
      "_end:\n"                           \
      ".byte 0\n"                         \
      ".popsection\n")

PORTLAB_LIVE_FILE("index", "index.html");
PORTLAB_LIVE_FILE("style", "live.css");
PORTLAB_LIVE_FILE("icon", "icon.svg");
PORTLAB_LIVE_FILE("main", "live.js");
PORTLAB_LIVE_FILE("model", "model.js");
PORTLAB_LIVE_FILE("stream", "stream.js");
PORTLAB_LIVE_FILE("square", "square.js");
PORTLAB_LIVE_FILE("cards", "cards.js");
PORTLAB_LIVE_FILE("lists", "lists.js");
PORTLAB_LIVE_FILE("shapes", "shapes.js");
PORTLAB_LIVE_FILE("words", "words.js");
PORTLAB_LIVE_FILE("office", "office.js");

extern "C" {
extern const char portlab_live_index[], portlab_live_index_end[];
extern const char portlab_live_style[], portlab_live_style_end[];
extern const char portlab_live_icon[], portlab_live_icon_end[];
extern const char portlab_live_main[], portlab_live_main_end[];
extern const char portlab_live_model[], portlab_live_model_end[];
extern const char portlab_live_stream[], portlab_live_stream_end[];
extern const char portlab_live_square[], portlab_live_square_end[];
extern const char portlab_live_cards[], portlab_live_cards_end[];
extern const char portlab_live_lists[], portlab_live_lists_end[];
extern const char portlab_live_shapes[], portlab_live_shapes_end[];
extern const char portlab_live_words[], portlab_live_words_end[];
extern const char portlab_live_office[], portlab_live_office_end[];
}

namespace portlab::http {

namespace {

/// Nothing but the server's own files and streams, nothing inline, in no frame.
constexpr std::string_view policy =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'\r\n"
    "Referrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n"
    "Cache-Control: no-cache\r\n";

std::shared_ptr<const Representation> representation_of(const LiveFile& file) {
  auto made = std::make_shared<Representation>();
  made->type = media_type_of(file.name);
  made->etag = "\"" + std::to_string(hash_of(file.content)) + "\"";
  made->fields = "ETag: " + made->etag + "\r\n" + std::string(policy);
  made->size = file.content.size();
  made->content = file.content;
  return made;
}

}  // namespace

std::span<const LiveFile> live_files() {
  static const LiveFile files[] = {
      {"index.html", {portlab_live_index, portlab_live_index_end}},
      {"live.css", {portlab_live_style, portlab_live_style_end}},
      {"icon.svg", {portlab_live_icon, portlab_live_icon_end}},
      {"live.js", {portlab_live_main, portlab_live_main_end}},
      {"model.js", {portlab_live_model, portlab_live_model_end}},
      {"stream.js", {portlab_live_stream, portlab_live_stream_end}},
      {"square.js", {portlab_live_square, portlab_live_square_end}},
      {"cards.js", {portlab_live_cards, portlab_live_cards_end}},
      {"lists.js", {portlab_live_lists, portlab_live_lists_end}},
      {"shapes.js", {portlab_live_shapes, portlab_live_shapes_end}},
      {"words.js", {portlab_live_words, portlab_live_words_end}},
      {"office.js", {portlab_live_office, portlab_live_office_end}},
  };
  return files;
}

std::shared_ptr<const Representation> find_live_file(std::string_view name) {
  static const auto representations = [] {
    std::map<std::string_view, std::shared_ptr<const Representation>> all;
    for (const auto& file : live_files()) all.emplace(file.name, representation_of(file));
    return all;
  }();
  const auto found = representations.find(name.empty() ? "index.html" : name);
  return found == representations.end() ? nullptr : found->second;
}

}  // namespace portlab::http
