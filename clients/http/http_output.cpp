#include "clients/http/http_output.hpp"

#include <unistd.h>

#include <cstdio>
#include <optional>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"

namespace portlab {

namespace {

class ToStdout : public HttpOutput {
 public:
  explicit ToStdout(bool show_head)
      : show_head_(show_head), terminal_(::isatty(STDOUT_FILENO) != 0) {}

  void head(const HttpHead& head) override {
    if (!show_head_) return;
    auto text = head.text();
    if (terminal_) {
      std::erase(text, '\r');
      text = safe_lines(text);
    }
    print(text);
  }

  void body(Bytes bytes) override {
    if (terminal_ && !is_showable(bytes))
      throw usage_failure("this is not text; a terminal could interpret it as escape sequences",
                          "-o FILE (save it), or | xxd (look at its bytes)");
    print(as_text(bytes));
    if (!bytes.empty()) ended_line_ = bytes.back() == '\n';
  }

  void finish() override {
    if (terminal_ && !ended_line_) print("\n");  // the prompt begins on its own line
  }

 private:
  static std::string safe_lines(std::string_view text) {
    std::string out;
    while (!text.empty()) {
      const auto end = text.find('\n');
      out += printable(text.substr(0, end)) + "\n";
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return out;
  }

  bool show_head_;
  bool terminal_;
  bool ended_line_ = true;
};

class ToFile : public HttpOutput {
 public:
  ToFile(const std::string& path, bool visible) : path_(path), visible_(visible), file_(path) {}

  void head(const HttpHead& head) override {
    wanted_ = head.status < 400;
    progress_.emplace(head.length, visible_ && wanted_);
  }

  void body(Bytes bytes) override {
    if (!wanted_) return;
    file_.write(bytes);
    progress_->add(bytes.size());
  }

  void finish() override {
    if (!wanted_) return;
    progress_->finish();
    file_.commit();
    if (visible_)
      std::fprintf(stderr, "saved %s: %s\n", printable(path_).c_str(),
                   progress_->summary().c_str());
  }

 private:
  std::string path_;
  bool visible_;
  bool wanted_ = true;
  OutputFile file_;
  std::optional<Progress> progress_;
};

class ToCapturedText : public HttpOutput {
 public:
  explicit ToCapturedText(CapturedText& kept) : kept_(kept) {}
  void head(const HttpHead&) override {}
  void body(Bytes bytes) override { kept_.add(bytes); }
  void finish() override {}

 private:
  CapturedText& kept_;
};

}  // namespace

std::unique_ptr<HttpOutput> output_to_stdout(bool show_head) {
  return std::make_unique<ToStdout>(show_head);
}

std::unique_ptr<HttpOutput> output_to_file(const std::string& path, bool visible) {
  return std::make_unique<ToFile>(path, visible);
}

std::unique_ptr<HttpOutput> output_to(CapturedText& kept) {
  return std::make_unique<ToCapturedText>(kept);
}

}  // namespace portlab
