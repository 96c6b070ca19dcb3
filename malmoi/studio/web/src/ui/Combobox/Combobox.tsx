import { ComboBox as AriaComboBox, Input, Label, ListBox, ListBoxItem, Popover } from 'react-aria-components'
import { useLanguage } from '../../i18n/language'
import { Button } from '../Button/Button'
import { classes } from '../classes'
import { Icon } from '../Icon'
import { contains } from '../../text/contains'
import css from './Combobox.module.css'

export interface ComboOption {
  id: string
  name: string
  /** A second line: when, how many. */
  note?: string
}

interface Props {
  label: string
  hideLabel?: boolean
  options: ComboOption[]
  value: string | null
  onChange: (id: string) => void
  placeholder?: string
}

/** One of many, found by writing a part of its name or its first consonants (ㅅㅎ finds 실험). For a few use Choice. */
export function Combobox({ label, hideLabel = false, options, value, onChange, placeholder }: Props) {
  const { t } = useLanguage()
  return (
    <AriaComboBox
      className={classes(css.combobox)}
      selectedKey={value}
      onSelectionChange={(key) => key !== null && onChange(String(key))}
      defaultItems={options}
      defaultFilter={contains}
      menuTrigger="focus"
      allowsEmptyCollection
      aria-label={label}
    >
      {!hideLabel && <Label className={classes(css.label)}>{label}</Label>}
      <div className={classes(css.box)}>
        <Input className={classes(css.input)} placeholder={placeholder ?? label} />
        <Button kind="bare" className={classes(css.open)}>
          <Icon name="down" />
        </Button>
      </div>
      <Popover className={classes(css.popover)}>
        <ListBox<ComboOption>
          className={classes(css.list)}
          renderEmptyState={() => <p className={classes(css.none)}>{t('combobox.none')}</p>}
        >
          {(option) => (
            <ListBoxItem id={option.id} textValue={option.name} className={classes(css.item)}>
              <span>{option.name}</span>
              {option.note && <span className={classes(css.note)}>{option.note}</span>}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaComboBox>
  )
}
