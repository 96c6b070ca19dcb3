import { Switch as AriaSwitch } from 'react-aria-components'
import { classes } from './classes'
import css from './Switch.module.css'

interface Props {
  label: string
  isOn: boolean
  onChange: (isOn: boolean) => void
}

/** On or off. */
export function Switch({ label, isOn, onChange }: Props) {
  return (
    <AriaSwitch className={classes(css.switch)} isSelected={isOn} onChange={onChange}>
      <span className={classes(css.track)} />
      {label}
    </AriaSwitch>
  )
}
