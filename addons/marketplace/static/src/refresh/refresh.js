import { Component, onMounted, onWillUnmount, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const SECONDS = 2;

/**
 * Reads the record of a form again and again while it is shown, so that work in the background is
 * seen going on. Put it where `invisible` says that nothing goes on; what somebody is editing is
 * left alone.
 */
export class MarketplaceRefresh extends Component {
    static template = xml`<span class="o_marketplace_refresh d-none"/>`;
    static props = { ...standardWidgetProps };

    setup() {
        this.reading = false;
        onMounted(() => {
            this.timer = setInterval(() => this.refresh(), SECONDS * 1000);
        });
        onWillUnmount(() => clearInterval(this.timer));
    }

    async refresh() {
        const { record } = this.props;
        if (this.reading || record.dirty || document.hidden || !record.resId) {
            return;
        }
        this.reading = true;
        try {
            await record.load();
        } catch {
            // A lost connection is told elsewhere; the next turn tries again.
        } finally {
            this.reading = false;
        }
    }
}

registry.category("view_widgets").add("marketplace_refresh", { component: MarketplaceRefresh });
