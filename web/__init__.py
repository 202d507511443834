"""The local pages: the live view of a school, pushed as it changes. Everything comes through `web.state.View`."""
