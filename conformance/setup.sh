# What `run` and `rotation` both need; sourced by them, in the root of the tree, with `work` set.

step() {
    local name="$1" started="$SECONDS"
    shift
    echo "== $name"
    "$@"
    echo "   $((SECONDS - started)) s: $name"
}

install_packages() {
    local admin=()
    [ "$(id -u)" -eq 0 ] || admin=(sudo)
    "${admin[@]}" apt-get update
    "${admin[@]}" apt-get install -y "$@"
}

# The tests start it themselves; what the package starts is not theirs.
install_postgres() {
    if ! compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null; then
        install_packages postgresql
    fi
}

install_python() {
    if [ ! -x "$work/venv/bin/pip" ]; then
        rm -rf "$work/venv"
        if ! python3 -m venv "$work/venv"; then
            install_packages python3-venv
            rm -rf "$work/venv"
            python3 -m venv "$work/venv"
        fi
    fi
    "$work/venv/bin/pip" install --quiet --disable-pip-version-check -r conformance/requirements.txt
}

# Exports STS_SUBJECT: as it is set, relative to where the caller was, or a release build of ours.
choose_subject() {
    if [ -z "${STS_SUBJECT:-}" ]; then
        step "release build" cargo build --release --locked
        built="${CARGO_TARGET_DIR:-target}"
        case "$built" in
        /*) STS_SUBJECT="$built/release/sts" ;;
        *) STS_SUBJECT="$root/$built/release/sts" ;;
        esac
    else
        case "$STS_SUBJECT" in
        /*) ;;
        *) STS_SUBJECT="$here/$STS_SUBJECT" ;;
        esac
        echo "== subject: STS_SUBJECT is set, nothing is built"
    fi
    export STS_SUBJECT
}
