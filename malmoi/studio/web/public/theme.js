// Runs before the first paint: a remembered theme must not flash the other one. Keys as in src/shell/theme.ts.
try {
  const theme = localStorage.getItem('malmoi.theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // A browser that refuses storage follows the system's theme.
}
