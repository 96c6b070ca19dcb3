import { ToggleButton, ToggleButtonGroup } from 'react-aria-components'
import { classes } from './classes'
import css from './Segments.module.css'

interface Props<T extends string> {
  label: string
  options: { id: T; name: string }[]
  value: T
  onChange: (id: T) => void
}

/** A few choices side by side, one always chosen. */
export function Segments<T extends string>({ label, options, value, onChange }: Props<T>) {
  return (
    <ToggleButtonGroup
      className={classes(css.segments)}
      aria-label={label}
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[value]}
      onSelectionChange={(keys) => {
        for (const key of keys) onChange(key as T)
      }}
    >
      {options.map((option) => (
        <ToggleButton key={option.id} id={option.id} className={classes(css.segment)}>
          {option.name}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  )
}
