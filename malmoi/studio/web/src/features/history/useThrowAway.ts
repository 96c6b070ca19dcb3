import { useQueryClient } from '@tanstack/react-query'
import { useLanguage } from '../../i18n/language'
import { toast } from '../../ui/Toast/toasts'
import { bringBack, throwAway } from './queries'

/** Puts answers in the trash, and offers to take them out again. */
export function useThrowAway() {
  const { t } = useLanguage()
  const client = useQueryClient()
  const renew = () => client.invalidateQueries({ queryKey: ['answers'] })
  return async (ids: string[]) => {
    const done = await Promise.allSettled(ids.map(throwAway))
    await renew()
    const gone = ids.filter((_, at) => done[at]?.status === 'fulfilled')
    if (gone.length < ids.length) toast(t('history.not_removed', { count: ids.length - gone.length }))
    if (gone.length === 0) return
    toast(t('history.removed', { count: gone.length }), async () => {
      await Promise.all(gone.map(bringBack))
      await renew()
    })
  }
}
