# datapackages/ は data 枝にあります / datapackages/ is the branch "data"
if git ls-remote --exit-code --heads origin data > /dev/null; then
  git fetch --quiet --depth=1 origin data
  rm -rf datapackages
  git worktree prune
  git worktree add --quiet -B data datapackages FETCH_HEAD
elif test $? = 2; then # まだない：いまのものから始める / not there yet: begin it with what is here
  mkdir -p build datapackages
  mv datapackages build/first
  git worktree prune
  git worktree add --quiet --detach datapackages
  git -C datapackages checkout --quiet --orphan data
  git -C datapackages rm -r --quiet --force .
  cp -R build/first/. datapackages/
else
  exit 1 # ホストに届かない。新しい履歴は始めない / the host can't be reached: no new history is begun
fi
test ! -f datapackages/releases.txt || cp datapackages/releases.txt .
