test ! -f releases.txt || cp releases.txt datapackages/
git -C datapackages add --all -- . ':!.lock' ':!.new' ':!.aside'
git -C datapackages diff --cached --quiet ||
  git -C datapackages -c user.name=entaku -c user.email=entaku@users.noreply.github.com commit --quiet -m "$(date -u +%F)"
git -C datapackages push --quiet origin data # できなければ、サイトも置かない / if this fails, nothing is deployed
size=$(du -sm datapackages | cut -f1)
test "$size" -lt 800 || echo "::warning::datapackages/ は $size MB です / is $size MB (docs/hosting.md)"
