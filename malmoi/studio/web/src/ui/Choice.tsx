import { Button, FieldError, Label, ListBox, ListBoxItem, Popover, Select, SelectValue } from 'react-aria-components'
import { useLanguage } from '../i18n/language'
import css from './Choice.module.css'
import { classes } from './classes'
import { Icon } from './Icon'
import over from './popover.module.css'

export interface Option {
  id: string
  name: string
}

interface Props {
  label: string
  options: Option[]
  value: string
  onChange: (id: string) => void
  hideLabel?: boolean
  /** What is wrong with it; said under it and tied to it. */
  error?: string | undefined
}

/** One of a list. */
export function Choice({ label, options, value, onChange, hideLabel = false, error }: Props) {
  const { t } = useLanguage()
  return (
    <Select
      className={classes(css.choice)}
      selectedKey={value}
      onSelectionChange={(key) => onChange(String(key))}
      aria-label={label}
      placeholder={t('choice.none')}
      isInvalid={error !== undefined}
    >
      {!hideLabel && <Label className={classes(css.label)}>{label}</Label>}
      <Button className={classes(css.button)}>
        <SelectValue />
        <Icon name="down" />
      </Button>
      <FieldError className={classes(css.error)}>{error}</FieldError>
      <Popover className={classes(over.popover)}>
        <ListBox className={classes(css.list)} items={options}>
          {(option) => (
            <ListBoxItem id={option.id} className={classes(css.item)}>
              {option.name}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </Select>
  )
}
