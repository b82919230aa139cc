import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { ListController } from "@web/views/list/list_controller";
import { listView } from "@web/views/list/list_view";
import { _t } from "@web/core/l10n/translation";

/**
 * One screen of operations with a tab for products and one for orders: two lists of their own, so
 * that each keeps its search, filters and groups.
 */
export class OperationListController extends ListController {
    static template = "marketplace.OperationListView";

    setup() {
        super.setup();
        this.tabActions = useService("action");
    }

    get tabs() {
        return [
            {
                model: "marketplace.product.operation",
                action: "marketplace.action_product_operation",
                label: _t("Products"),
                icon: "fa-cube",
            },
            {
                model: "marketplace.order.operation",
                action: "marketplace.action_order_operation",
                label: _t("Orders"),
                icon: "fa-shopping-cart",
            },
        ];
    }

    /** Tabs make no sense where the list is part of another screen. */
    get showTabs() {
        return !this.env.inDialog;
    }

    openTab(tab) {
        if (tab.model !== this.props.resModel) {
            return this.tabActions.doAction(tab.action, {
                stackPosition: "replaceCurrentAction",
            });
        }
    }
}

registry.category("views").add("marketplace_operation_list", {
    ...listView,
    Controller: OperationListController,
});
