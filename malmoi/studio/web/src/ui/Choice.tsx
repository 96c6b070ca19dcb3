import { Button, Label, ListBox, ListBoxItem, Popover, Select, SelectValue } from 'react-aria-components'
import { Icon } from './Icon'

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
}

/** One of a list. */
export function Choice({ label, options, value, onChange, hideLabel = false }: Props) {
  return (
    <Select
      className="choice"
      selectedKey={value}
      onSelectionChange={(key) => onChange(String(key))}
      aria-label={label}
    >
      {!hideLabel && <Label className="field-label">{label}</Label>}
      <Button className="choice-button">
        <SelectValue />
        <Icon name="down" />
      </Button>
      <Popover className="popover">
        <ListBox className="choice-list" items={options}>
          {(option) => (
            <ListBoxItem id={option.id} className="choice-item">
              {option.name}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </Select>
  )
}
