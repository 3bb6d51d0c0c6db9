#include "labs/network/office/rules_text.hpp"

#include <algorithm>
#include <vector>

namespace portlab::office {

namespace {

/// A block of nft's output: "chain forward {", its lines, and the blocks in it.
struct Block {
  std::string_view title;
  std::vector<std::string_view> lines = {};
  std::vector<Block> blocks = {};
};

std::string_view trimmed(std::string_view line) {
  const auto from = line.find_first_not_of(" \t");
  if (from == std::string_view::npos) return {};
  return line.substr(from, line.find_last_not_of(" \t") + 1 - from);
}

/// Takes the lines up to the end of the block that encloses them.
Block take_block(std::string_view title, std::string_view& text) {
  Block block{title};
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line == "}") return block;
    if (line.ends_with(" {"))
      block.blocks.push_back(take_block(line.substr(0, line.size() - 2), text));
    else if (!line.empty())
      block.lines.push_back(line);
  }
  return block;
}

/// "type filter hook forward priority filter; policy drop;" as "hook forward, policy drop".
std::string hook_text(std::string_view line) {
  const auto hook = line.find("hook ");
  const auto hook_end = line.find(' ', hook + 5);
  const auto policy = line.find("policy ");
  auto text = std::string(line.substr(hook, hook_end - hook));
  if (policy != std::string_view::npos)
    text += ", " + std::string(line.substr(policy, line.find(';', policy) - policy));
  return text;
}

bool is_hook(std::string_view line) { return line.find(" hook ") != std::string_view::npos; }

void add_block(const Block& block, std::size_t indent, std::string& text) {
  const std::string space(indent, ' ');
  const bool is_map = block.title.starts_with("map ") || block.title.starts_with("set ");
  text += space + std::string(block.title);
  std::string rows;
  for (const auto line : block.lines)
    if (is_hook(line))
      text += " (" + hook_text(line) + ")";
    else if (!is_map || !line.starts_with("type "))
      rows += space + "  " + std::string(line) + "\n";
  if (rows.empty() && block.blocks.empty()) text += ": empty";
  text += "\n" + rows;
  for (const auto& each : block.blocks) add_block(each, indent + 2, text);
}

}  // namespace

std::string short_rules(std::string_view listed) {
  const auto all = take_block({}, listed);
  std::string text;
  for (const auto& table : all.blocks) add_block(table, 0, text);
  return text;
}

}  // namespace portlab::office
