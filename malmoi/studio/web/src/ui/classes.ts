/** Joins class names; what is false or missing is left out. `classes(css.row, isOpen && css.open)` */
export function classes(...names: (string | false | null | undefined)[]): string {
  return names.filter(Boolean).join(' ')
}
