import type { ReactNode } from 'react'
import { Menu as AriaMenu, MenuItem, MenuTrigger, Popover } from 'react-aria-components'
import { Button } from '../Button/Button'
import { classes } from '../classes'
import { Icon, type IconName } from '../Icon'
import over from '../popover.module.css'
import css from './Menu.module.css'

export interface Act {
  id: string
  name: string
  icon?: IconName
  run: () => void
  /** It destroys something (which an undo brings back). */
  danger?: boolean
  disabled?: boolean
}

interface Props {
  /** What the button is called; with `children` left out it shows three dots. */
  label: string
  acts: Act[]
  children?: ReactNode
}

/** A button with the acts that are needed now and then: 이름 바꾸기, 복제, 지우기. */
export function Menu({ label, acts, children }: Props) {
  return (
    <MenuTrigger>
      {children ? (
        <Button>
          {children}
          <Icon name="down" />
        </Button>
      ) : (
        <Button kind="bare" aria-label={label}>
          <Icon name="more" />
        </Button>
      )}
      <Popover className={classes(over.popover)}>
        <AriaMenu
          aria-label={label}
          className={classes(css.menu)}
          disabledKeys={acts.filter(({ disabled }) => disabled).map(({ id }) => id)}
          onAction={(key) => acts.find(({ id }) => id === key)?.run()}
        >
          {acts.map(({ id, name, icon, danger }) => (
            <MenuItem key={id} id={id} textValue={name} className={classes(css.item, danger && css.danger)}>
              {icon && <Icon name={icon} />}
              {name}
            </MenuItem>
          ))}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  )
}
