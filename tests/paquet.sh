#!/usr/bin/env bash
# The Debian package, really installed, upgraded, removed and purged, in a copy of this system that
# disappears at the end: tests/paquet.sh PROGRAM, as root, on Debian or Ubuntu, with cargo-deb. PROGRAM
# is any build of jalon, target/debug/jalon for example: the packaging is what is proved.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
programme=$(realpath "${1:?usage: tests/paquet.sh PROGRAM}")
stop() { printf 'tests/paquet.sh: %s\n' "$*" >&2; exit 1; }
say() { printf '\n== %s\n' "$*"; }
[ "$(id -u)" -eq 0 ] || stop "a copy of the system is made as root"

lieu=$(mktemp -d)
trap 'rm -rf -- "$lieu"' EXIT

say "the package"
export CARGO_TARGET_DIR="$lieu/cible"
mkdir -p "$CARGO_TARGET_DIR/release/aide"
cp "$programme" "$CARGO_TARGET_DIR/release/jalon"
strip "$CARGO_TARGET_DIR/release/jalon"
"$programme" installer-aide --man "$CARGO_TARGET_DIR/release/aide/man" --completions "$CARGO_TARGET_DIR/release/aide/completions"
gzip -9n "$CARGO_TARGET_DIR"/release/aide/man/*.1
for revision in 1 2; do
    cargo deb --quiet --locked --no-build --no-strip --fast --deb-revision "$revision" --output "$lieu/jalon-$revision.deb"
done
# What a package of the distribution says, and one of a department does not ; the licence names the LGPL, as one
# that may be chosen for a work that is merged.
if command -v lintian >/dev/null; then
    lintian --fail-on error --suppress-tags no-changelog,no-copyright-file,copyright-without-copyright-notice,copyright-not-using-common-license-for-lgpl "$lieu/jalon-1.deb" ||
        stop "lintian found a mistake"
fi

say "the copy of the system"
# In its own mounts: when this shell ends, nothing of them is left.
unshare --mount --pid --fork bash -euo pipefail -s "$lieu" <<'DEDANS'
lieu=$1
stop() { printf 'tests/paquet.sh: %s\n' "$*" >&2; exit 1; }
say() { printf '\n== %s\n' "$*"; }
# What is written there stays in memory.
mkdir "$lieu/memoire"
mount -t tmpfs tmpfs "$lieu/memoire"
mkdir "$lieu/memoire/haut" "$lieu/memoire/travail" "$lieu/memoire/racine"
racine=$lieu/memoire/racine
mount -t overlay overlay -o "lowerdir=/,upperdir=$lieu/memoire/haut,workdir=$lieu/memoire/travail" "$racine"
mount -t proc proc "$racine/proc"
mount --bind /dev "$racine/dev"
cp "$lieu"/jalon-*.deb "$racine/root/"
la() { chroot "$racine" "$@"; }
la getent passwd jalon >/dev/null && stop "this system has an account jalon already"

say "dpkg --install"
la dpkg --install /root/jalon-1.deb
la jalon --version
[ "$(la stat -c '%a %U:%G' /var/lib/jalon /var/lib/jalon/depot | sort -u)" = "700 jalon:jalon" ] || stop "the folders are open, or of somebody else"
la getent passwd jalon | grep -q ':/var/lib/jalon:/usr/sbin/nologin$' || stop "somebody can log in as jalon"
la systemctl is-enabled jalon-nuit.timer 2>/dev/null | grep -q enabled && stop "the night starts by itself"
la man -w jalon-indicateurs >/dev/null || stop "the manual is not found"
la bash -c '. /usr/share/bash-completion/completions/jalon && complete -p jalon' >/dev/null || stop "bash completes nothing"
la systemd-analyze verify /usr/lib/systemd/system/jalon-nuit.service /usr/lib/systemd/system/jalon-nuit.timer

say "a night, as the unit runs it"
la install -o jalon -g jalon -m 0600 /dev/stdin /var/lib/jalon/depot/2021-01-05_stock.csv \
    <"$PWD/tests/donnees/entrepot-0.1.0/recus/2021-01-05_caf991_stock.csv"
la touch --date '5 minutes ago' /var/lib/jalon/depot/2021-01-05_stock.csv
nuit() { la setpriv --reuid jalon --regid jalon --clear-groups sh -c 'umask 077; exec jalon nuit --pipeline /etc/jalon/nuit.toml'; }
# A file is whole once nothing of it moves any more for 20 seconds.
sleep 21
nuit || [ $? -eq 3 ]
segment=$(find "$racine/var/lib/jalon/entrepot/flux" -name '*.parquet')
[ -n "$segment" ] || stop "the night read nothing"
avant=$(b2sum "$segment" "$racine/var/lib/jalon/entrepot/cle")

say "an upgrade keeps what was set and what was read"
echo '# réglé ici' >>"$racine/etc/jalon/nuit.toml"
chmod 0770 "$racine/var/lib/jalon/depot"
la dpkg --install /root/jalon-2.deb
grep -q 'réglé ici' "$racine/etc/jalon/nuit.toml" || stop "the settings are lost"
[ "$(stat -c %a "$racine/var/lib/jalon/depot")" = 770 ] || stop "the modes that were set are lost"

say "a rollback is an installation too"
la dpkg --install /root/jalon-1.deb 2>&1 | grep -v 'downgrading'

say "removed, then purged: the department's data stay"
la dpkg --remove jalon
[ -e "$racine/usr/bin/jalon" ] && stop "the program is still there"
grep -q 'réglé ici' "$racine/etc/jalon/nuit.toml" || stop "removing took the settings"
la dpkg --purge jalon
[ -e "$racine/etc/jalon/nuit.toml" ] && stop "the settings are still there"
[ "$avant" = "$(b2sum "$segment" "$racine/var/lib/jalon/entrepot/cle")" ] || stop "THE WAREHOUSE IS LOST"
la getent passwd jalon >/dev/null || stop "the account that owns the data is gone"
DEDANS
say "the package holds"
